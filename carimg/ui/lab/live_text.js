// A text field that says what is typed while it is typed. It takes a text from the page only when that has a new number:
// whatever else the page answers, caret, selection, scrolling and text stay.
const fields = new WeakMap()
const PAUSE_MS = 300

export default function ({ data, key, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".live-text")
  let field = fields.get(parentElement)
  if (!field) {
    const [area, lines, said] = ["textarea", ".lines", "p"].map(name => root.querySelector(name))
    fields.set(parentElement, (field = { area, lines, said, number: null }))
    wire(field)
  }
  field.say = text => setStateValue("text", { text, number: field.number, at: Date.now() })
  name(root, field, data, `live-text-${key}`)
  if (field.number !== data.number) take(field, data)
  judge(field, data)
  draw(field)
  return () => tell(field)
}

function wire(field) {
  const { area } = field
  area.oninput = () => {
    clearTimeout(field.timer)
    field.timer = setTimeout(() => tell(field), PAUSE_MS)
    draw(field)
  }
  area.onblur = () => tell(field)
  area.onkeydown = event => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) tell(field)
  }
}

function tell(field) {
  clearTimeout(field.timer)
  if (field.area.value === field.told) return
  field.told = field.area.value
  field.say(field.told)
}

function name(root, { area, said }, data, id) {
  const label = root.querySelector("label")
  label.textContent = data.label
  label.htmlFor = area.id = id
  area.maxLength = data.max
  said.id = `${id}-said`
  area.setAttribute("aria-describedby", said.id)
}

// Another text: a kept version, or the one from before. The caret stays as near as it can.
function take(field, data) {
  clearTimeout(field.timer)
  field.number = data.number
  const { area } = field
  const { selectionStart, selectionEnd } = area
  if (area.value !== data.text) {
    area.value = data.text
    area.setSelectionRange(selectionStart, selectionEnd)
  }
  field.told = area.value
}

function judge(field, { wrong, line, hint }) {
  field.line = wrong ? line : 0
  if (field.said.textContent !== (wrong || hint)) field.said.textContent = wrong || hint
  field.said.classList.toggle("wrong", Boolean(wrong))
  field.area.setAttribute("aria-invalid", String(Boolean(wrong)))
}

// The same text once more behind the field, line by line: it gives the field its height, and lines their numbers.
function draw({ area, lines, line }) {
  const texts = area.value.split("\n")
  while (lines.children.length > texts.length) lines.lastChild.remove()
  while (lines.children.length < texts.length) lines.append(document.createElement("div"))
  texts.forEach((text, index) => {
    const shown = lines.children[index]
    if (shown.textContent !== text) shown.textContent = text
    shown.classList.toggle("wrong", index + 1 === line)
  })
}
