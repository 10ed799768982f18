// The theme form works by itself (POST /theme sets a cookie). Here the page changes at once and stays where it is.
export function startTheme(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const button = event.submitter;
    if (!(form instanceof HTMLFormElement) || !form.matches("[data-theme-form]") || !(button instanceof HTMLButtonElement)) return;
    event.preventDefault();
    const root = document.documentElement;
    if (button.value === "system") delete root.dataset["theme"];
    else root.dataset["theme"] = button.value;
    const scheme = document.querySelector<HTMLMetaElement>('meta[name="color-scheme"]');
    if (scheme) scheme.content = button.value === "system" ? "light dark" : button.value;
    for (const segment of form.querySelectorAll(".segment")) segment.setAttribute("aria-pressed", String(segment === button));
    document.dispatchEvent(new CustomEvent("firebell:theme"));
    const body = new URLSearchParams();
    for (const [name, value] of new FormData(form, button)) if (typeof value === "string") body.append(name, value);
    // Not followed: the answer is a redirect to a page nobody needs. A failure costs only the memory of the choice.
    fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => undefined);
  });
}
