// Creates and changes elements. Text from elsewhere becomes text nodes and attributes only; it is never parsed as HTML.

type Child = Node | string;

export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className = "",
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const created = document.createElement(name);
  if (className !== "") created.className = className;
  created.append(...children);
  return created;
}

/** SVG gets its geometry by attributes, because the page's policy allows no inline styles. */
export function svg<Name extends keyof SVGElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string | number>> = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[Name] {
  const created = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) created.setAttribute(key, String(value));
  created.append(...children);
  return created;
}

/** An element of index.html. */
export function byId<Type extends HTMLElement = HTMLElement>(id: string): Type {
  return document.getElementById(id) as Type;
}

/** A text node whose text changes. */
export function textNode(text = ""): Text {
  return document.createTextNode(text);
}

/** Leaves an unchanged text alone, which saves the browser a new layout. */
export function setText(node: Text, text: string): void {
  if (node.data !== text) node.data = text;
}

export function setClass(target: Element, className: string): void {
  if (target.getAttribute("class") !== className) target.setAttribute("class", className);
}

export function setAttribute(target: Element, name: string, value: string): void {
  if (target.getAttribute(name) !== value) target.setAttribute(name, value);
}
