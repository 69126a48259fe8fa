// The theme of the page: light or dark, and the colours of the picture in it.

/** Whether the page is dark: JupyterLab, VS Code and Colab say so, else the system does. */
export function isDark(document, matches) {
  const { body, documentElement } = document;
  const jupyter = body.dataset.jpThemeLight;
  if (jupyter !== undefined) return jupyter === "false";
  if (body.classList.contains("vscode-dark")) return true;
  if (body.classList.contains("vscode-high-contrast")) {
    return !body.classList.contains("vscode-high-contrast-light");
  }
  if (body.classList.contains("vscode-light")) return false;
  if (documentElement.hasAttribute("theme")) {
    return documentElement.getAttribute("theme") === "dark";
  }
  return matches;
}

/** Calls `changed(dark)` now and whenever the theme changes, until `signal` is aborted. */
export function watchTheme(changed, signal) {
  const media = window.matchMedia("(prefers-color-scheme: dark)");
  const update = () => changed(isDark(document, media.matches));
  const observer = new MutationObserver(update);
  const attributes = { attributes: true, attributeFilter: ["class", "data-jp-theme-light", "theme"] };
  observer.observe(document.body, attributes);
  observer.observe(document.documentElement, attributes);
  signal.addEventListener("abort", () => observer.disconnect());
  media.addEventListener("change", update, { signal });
  update();
}

/** The colours as the style sheet has them for `root`. */
export function coloursOf(root) {
  const style = getComputedStyle(root);
  const get = (name) => style.getPropertyValue(`--lm-${name}`).trim();
  const phases = [
    "extension-init", "runtime-init", "function-init", "restore", "invoke-1", "frozen",
    "shutdown", "reset", "ready", "invoke-1", "invoke-2", "invoke-3",
  ];
  return {
    styles: phases.map(get),
    labels: ["on-invoke-1", "on-invoke-2", "on-invoke-3"].map(get),
    background: get("background"), text: get("text"), quiet: get("quiet"), grid: get("grid"),
    error: get("error"), cold: get("function-init"), curve: get("invoke-1"),
    provisioned: get("restore"), accent: get("accent"),
    font: style.fontFamily || "system-ui, sans-serif",
    mono: get("mono") || "monospace",
  };
}
