// A text area that commits while somebody types, after a pause, as if they had pressed Ctrl+Enter: the caret and what is
// typed meanwhile stay. The line that is wrong is marked in the text itself.
const PAUSE_MS = 300
const FONT = '"Source Code Pro", ui-monospace, monospace'
const followed = new WeakMap()

export default function ({ data, parentElement }) {
  const follow = followed.get(parentElement) ?? begin(parentElement)
  Object.assign(follow, data)
  follow.mark()
  return () => {
    clearTimeout(follow.timer)
    for (const name of ["input", "compositionend"]) document.removeEventListener(name, follow.typed, true)
    follow.sizes.disconnect()
  }
}

function begin(parentElement) {
  const follow = { timer: 0 }
  const field = () => document.querySelector(`.st-key-${CSS.escape(follow.field)} textarea`)
  follow.mark = () => {
    const area = field()
    if (!area) return void setTimeout(follow.mark, 100)
    follow.sizes.observe(area)
    area.spellcheck = false
    area.style.fontFamily = FONT
    area.setAttribute("aria-invalid", String(follow.wrong))
    area.style.backgroundImage = follow.line ? stripe(area, follow.line, follow.color) : ""
    area.style.backgroundAttachment = "local"
  }
  follow.typed = event => {
    if (event.target !== field() || event.isComposing) return
    clearTimeout(follow.timer)
    follow.timer = setTimeout(() => {
      const keys = { key: "Enter", code: "Enter", ctrlKey: true, bubbles: true, cancelable: true }
      field()?.dispatchEvent(new KeyboardEvent("keydown", keys))
    }, PAUSE_MS)
  }
  follow.sizes = new ResizeObserver(() => follow.mark())
  for (const name of ["input", "compositionend"]) document.addEventListener(name, follow.typed, true)
  followed.set(parentElement, follow)
  return follow
}

// A background that colours one line of the text, however many rows it is wrapped to.
function stripe(area, line, color) {
  const copy = document.createElement("div")
  const style = getComputedStyle(area)
  for (const name of ["font", "padding", "letterSpacing", "tabSize", "boxSizing"]) copy.style[name] = style[name]
  Object.assign(copy.style, { position: "absolute", visibility: "hidden", width: `${area.clientWidth}px` })
  Object.assign(copy.style, { whiteSpace: "pre-wrap", overflowWrap: "break-word" })
  const rows = area.value.split("\n").map(text => {
    const row = document.createElement("div")
    row.textContent = text || " "
    return row
  })
  copy.append(...rows)
  document.body.append(copy)
  const row = rows[Math.min(line, rows.length) - 1]
  const [top, bottom] = [row.offsetTop, row.offsetTop + row.offsetHeight]
  copy.remove()
  return `linear-gradient(transparent ${top}px, ${color} ${top}px ${bottom}px, transparent ${bottom}px)`
}
