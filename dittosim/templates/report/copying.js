const TOLD_MS = 1500;

/** A button that copies a text, which is made when it is pressed. */
function copyButton(label, text, more = {}) {
  const button = element("button", { type: "button", className: "copy", ...more }, label);
  button.addEventListener("click", async (event) => {
    event.stopPropagation();
    button.textContent = (await copied(text())) ? "Copied" : "Not allowed: select and copy";
    setTimeout(() => {
      button.textContent = label;
    }, TOLD_MS);
  });
  return button;
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Browsers that keep the clipboard from pages on disk still let selections be copied.
    const area = element("textarea", { value: text });
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}
