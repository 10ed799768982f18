// Bundles src/main.ts and css/main.css into content-hashed files, and says in manifest.json which is which.
//
//   node build.mjs [OUT]      OUT defaults to the package's static folder
//
// manifest.json maps the stable name a template asks for to the file that is served:
//   {"main.js": "main-5Q2KQ7XN.js", "main.css": "main-JB3W2SXD.css", "favicon.svg": "favicon.svg"}
// Names with a hash may be cached for ever; the others (public/ and the service worker) must be revalidated.

import { build } from "esbuild";
import { existsSync } from "node:fs";
import { cp, mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const out = path.resolve(process.argv[2] ?? path.join(here, "../src/firebell/entrypoints/web/static"));

// Served under a name that never changes: a browser asks for its service worker again by that name.
const FIXED = ["sw.ts"];

const shared = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  write: false,
  metafile: true,
  outdir: out,
  // The stylesheets use light-dark() and nesting as they are; older browsers would get neither.
  target: ["es2022", "chrome123", "firefox120", "safari17.5"],
  charset: "utf8",
  legalComments: "none", // THIRD_PARTY.txt carries them
  loader: { ".svg": "file", ".woff2": "file", ".png": "file" },
  assetNames: "[name]-[hash]",
  logLevel: "warning",
};

async function bundles() {
  const hashed = await build({
    ...shared,
    entryPoints: ["src/main.ts", "css/main.css"],
    format: "esm",
    splitting: true, // an island that is imported lazily costs nothing until it is used
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
  });
  const fixed = FIXED.filter((name) => existsSync(path.join(here, "src", name)));
  if (fixed.length === 0) return [hashed];
  const entryPoints = fixed.map((name) => `src/${name}`);
  return [hashed, await build({ ...shared, entryPoints, format: "iife", entryNames: "[name]" })];
}

/** Stable name -> built file, for every entry point. */
function manifestOf(results) {
  const names = {};
  for (const { metafile } of results) {
    for (const [file, { entryPoint }] of Object.entries(metafile.outputs)) {
      if (!entryPoint) continue;
      names[path.parse(entryPoint).name + path.extname(file)] = path.basename(file);
    }
  }
  return names;
}

/** Name, version and licence text of every package whose code ended up in a bundle. */
async function thirdParty(results) {
  const roots = new Set();
  for (const { metafile } of results) {
    for (const { inputs } of Object.values(metafile.outputs)) {
      for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
        const found = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file);
        if (found && bytesInOutput > 0) roots.add(found[1]);
      }
    }
  }
  const parts = [];
  for (const root of [...roots].sort()) {
    const folder = path.resolve(here, root);
    const about = JSON.parse(await readFile(path.join(folder, "package.json"), "utf8"));
    const licence = (await readdir(folder)).find((name) => /^(licen[cs]e|copying)/i.test(name));
    if (!licence) throw new Error(`${about.name} is bundled but carries no licence text`);
    const text = await readFile(path.join(folder, licence), "utf8");
    parts.push(`${about.name} ${about.version} (${about.license ?? "see below"})\n\n${text.trim()}\n`);
  }
  const rule = `\n${"-".repeat(78)}\n\n`;
  return `Firebell's pages contain code of these packages.\n${rule}${parts.join(rule)}`;
}

/** Files of public/, copied as they are, with their paths below it. */
async function publicFiles() {
  const root = path.join(here, "public");
  if (!existsSync(root)) return [];
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
    .map((entry) => path.relative(root, path.join(entry.parentPath ?? entry.path, entry.name)).split(path.sep).join("/"));
}

async function main() {
  const results = await bundles();
  const manifest = manifestOf(results);
  const keep = new Set(["manifest.json", "THIRD_PARTY.txt", ".gitkeep"]);
  await mkdir(out, { recursive: true });

  for (const { outputFiles } of results) {
    for (const { path: file, contents } of outputFiles) {
      await writeFile(file, contents);
      keep.add(path.relative(out, file).split(path.sep).join("/"));
    }
  }
  for (const name of await publicFiles()) {
    if (keep.has(name) || name in manifest) throw new Error(`public/${name} has the name of a built file`);
    await mkdir(path.dirname(path.join(out, name)), { recursive: true });
    await cp(path.join(here, "public", name), path.join(out, name));
    manifest[name] = name;
    keep.add(name);
  }
  await writeFile(path.join(out, "THIRD_PARTY.txt"), await thirdParty(results));

  // The manifest changes last and at once, so that a running server never names a file that is not there yet.
  const sorted = Object.fromEntries(Object.entries(manifest).sort(([a], [b]) => (a < b ? -1 : 1)));
  await writeFile(path.join(out, "manifest.json.new"), JSON.stringify(sorted, null, 2) + "\n");
  await rename(path.join(out, "manifest.json.new"), path.join(out, "manifest.json"));

  for (const entry of await readdir(out, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath ?? entry.path, entry.name);
    if (entry.isFile() && !keep.has(path.relative(out, file).split(path.sep).join("/"))) await rm(file);
  }
}

await main();
