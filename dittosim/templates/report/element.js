/** An element with properties and children; texts among them stay texts. */
function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in made) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

/** The element of that id. */
function byId(id) {
  return document.getElementById(id);
}

/** Pairs of names and texts as a list. */
function pairsList(pairs) {
  const each = ([name, text, meaning]) => [
    element("dt", { title: meaning || "" }, name),
    element("dd", {}, text),
  ];
  return element("dl", { className: "pairs" }, ...pairs.flatMap(each));
}
