// Ctrl/Cmd-K: every [data-palette] link and form on the page, and what /search.json finds.
import { make } from "./dom";

interface Entry {
  label: string;
  kind: string;
  run: () => void;
}

/** What GET /search.json?q=… answers: at most a dozen of these. */
interface Found {
  label: string;
  href: string;
  kind: string;
}

export function startPalette(): void {
  const dialog = document.getElementById("palette");
  const input = dialog?.querySelector("input");
  const list = dialog?.querySelector<HTMLElement>("[role=listbox]");
  if (!(dialog instanceof HTMLDialogElement) || !input || !list) return;

  let shown: Entry[] = [];
  let chosen = 0;
  let asked = new AbortController();

  const draw = (entries: Entry[]): void => {
    shown = entries;
    chosen = Math.min(chosen, Math.max(0, entries.length - 1));
    list.replaceChildren(
      ...entries.map((entry, index) => {
        const option = make("div", "palette-item");
        option.id = `palette-${index}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", String(index === chosen));
        option.append(make("span", "clip", entry.label), make("span", "palette-kind", entry.kind));
        option.addEventListener("click", () => choose(index));
        return option;
      }),
    );
    if (entries.length === 0) list.append(make("p", "palette-none", "Nothing by that name."));
    point();
  };
  const point = (): void => {
    [...list.children].forEach((option, index) => {
      if (option.getAttribute("role") === "option") option.setAttribute("aria-selected", String(index === chosen));
    });
    if (shown.length > 0) input.setAttribute("aria-activedescendant", `palette-${chosen}`);
    else input.removeAttribute("aria-activedescendant");
    list.children[chosen]?.scrollIntoView({ block: "nearest" });
  };
  const choose = (index: number): void => {
    const entry = shown[index];
    if (!entry) return;
    dialog.close();
    entry.run();
  };
  const search = (): void => {
    chosen = 0;
    const query = input.value.trim();
    const here = local(query);
    draw(here);
    asked.abort();
    if (query.length < 2) return;
    asked = new AbortController();
    const { signal } = asked;
    setTimeout(() => {
      if (!signal.aborted) void remote(query, signal).then((more) => !signal.aborted && more.length > 0 && draw([...here, ...more]));
    }, 120);
  };
  const open = (): void => {
    if (dialog.open) return;
    input.value = "";
    search();
    dialog.showModal();
    input.focus();
  };

  input.addEventListener("input", search);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const size = shown.length || 1;
      chosen = (chosen + (event.key === "ArrowDown" ? 1 : size - 1)) % size;
      point();
      event.preventDefault();
    } else if (event.key === "Enter") {
      choose(chosen);
      event.preventDefault();
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      open();
    }
  });
  document.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.target instanceof Element && event.target.closest("[data-palette-open]")) {
      event.preventDefault();
      open();
    }
  });
}

function local(query: string): Entry[] {
  const parts = query.toLowerCase().split(/\s+/);
  const entries: Entry[] = [];
  for (const source of document.querySelectorAll<HTMLElement>("[data-palette]")) {
    const label = source.dataset["palette"] || (source.querySelector("span")?.textContent ?? source.textContent ?? "").trim();
    if (!parts.every((part) => label.toLowerCase().includes(part))) continue;
    if (source instanceof HTMLFormElement) entries.push({ label, kind: "Do", run: () => source.requestSubmit() });
    else entries.push({ label, kind: "Go to", run: () => source.click() });
  }
  // What can be done here comes before where one can go.
  return entries.sort((a, b) => Number(b.kind === "Do") - Number(a.kind === "Do"));
}

async function remote(query: string, signal: AbortSignal): Promise<Entry[]> {
  try {
    const response = await fetch(`/search.json?q=${encodeURIComponent(query)}`, { signal, headers: { Accept: "application/json" } });
    if (!response.ok) return [];
    const body: unknown = await response.json();
    return Array.isArray(body) ? body.filter(isFound).map((found) => ({ ...found, run: () => location.assign(found.href) })) : [];
  } catch {
    return [];
  }
}

function isFound(value: unknown): value is Found {
  if (typeof value !== "object" || value === null) return false;
  const { label, href, kind } = value as Record<string, unknown>;
  // Only our own paths: a found title must not be able to send the reader elsewhere.
  return typeof label === "string" && typeof kind === "string" && typeof href === "string" && /^\/(?![/\\])/.test(href);
}
