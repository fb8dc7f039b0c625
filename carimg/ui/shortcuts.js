// Single keys that press buttons of the page: A for "take everything over", and the like. Comes before Streamlit's own keys.
const WRITING = "input:not([type=range]), textarea, select, [contenteditable=true], [role=textbox], [role=combobox]"
const EVENTS = ["keydown", "keypress", "keyup"]
const listening = new WeakMap()

export default function ({ data, parentElement }) {
  const listen = event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.composedPath()[0].closest?.(WRITING)) return
    const pressed = button(data.keys[letter(event, data.keys)] ?? "")
    if (!pressed || document.querySelector("[role=dialog]")) return
    event.preventDefault()
    event.stopImmediatePropagation()
    if (event.type === "keydown" && !event.repeat && !pressed.disabled) pressed.click()
  }
  stop(parentElement)
  listening.set(parentElement, listen)
  for (const name of EVENTS) window.addEventListener(name, listen, true)
  for (const [key, name] of Object.entries(data.keys)) button(name)?.setAttribute("aria-keyshortcuts", key)
  return () => stop(parentElement)
}

function stop(parentElement) {
  for (const name of EVENTS) window.removeEventListener(name, listening.get(parentElement), true)
  listening.delete(parentElement)
}

function button(name) {
  return name && document.querySelector(`.st-key-${CSS.escape(name)} button`)
}

// The key as typed; where another alphabet is switched on, the Latin letter on the same key.
function letter(event, keys) {
  const typed = (event.key ?? "").toLowerCase()
  return typed in keys || !event.code?.startsWith("Key") ? typed : event.code.slice(3).toLowerCase()
}
