// The angle picker: a map around the car, one button a camera. State out: `picked`, ids in the order they were picked.
const rings = new WeakMap()

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".ring")
  let ring = rings.get(parentElement)
  if (!ring) rings.set(parentElement, (ring = { made: "" }))
  const made = JSON.stringify([data.angles, data.text])
  if (ring.made !== made) {
    build(root, data)
    ring.made = made
  }
  // What comes back was sent a while ago: the answer to an earlier click must not undo the later ones.
  const told = JSON.stringify(data.picked)
  const late = ring.sent?.length && told !== ring.sent.at(-1) && (told === ring.before || ring.sent.includes(told))
  if (!late) {
    ring.picked = [...data.picked]
    ring.before = told
    ring.sent = []
  }
  const show = () => paint(root, data, ring.picked)
  const set = picked => {
    ring.picked = picked
    ring.sent.push(JSON.stringify(picked))
    show()
    setStateValue("picked", picked)
  }
  for (const button of root.querySelectorAll("[data-id]")) {
    const id = button.dataset.id
    button.onclick = () =>
      set(ring.picked.includes(id) ? ring.picked.filter(other => other !== id) : [...ring.picked, id])
    button.onmouseenter = button.onfocus = () => (root.querySelector(".hint").textContent = button.title)
    button.onmouseleave = button.onblur = show
  }
  for (const button of root.querySelectorAll("[data-preset]"))
    button.onclick = () => set(data.presets[button.dataset.preset].ids)
  show()
}

function build(root, data) {
  root.replaceChildren()
  root.setAttribute("aria-label", data.text.label)
  const map = document.createElement("div")
  map.className = "map"
  map.innerHTML =
    '<svg viewBox="-120 -120 240 240" aria-hidden="true"><circle r="104"/><circle r="77"/><circle r="48"/>' +
    `<g transform="scale(.86)">${data.car}</g></svg>`
  for (const angle of data.angles) {
    const button = document.createElement("button")
    button.type = "button"
    button.dataset.id = angle.id
    button.title = angle.title
    button.setAttribute("aria-label", angle.title)
    button.style.left = `${50 + (angle.x / 240) * 100}%`
    button.style.top = `${50 + (angle.y / 240) * 100}%`
    map.append(button)
  }
  const hint = document.createElement("div")
  hint.className = "hint"
  hint.setAttribute("aria-live", "polite")
  const presets = document.createElement("div")
  presets.className = "presets"
  data.presets.forEach((preset, index) => {
    const button = document.createElement("button")
    button.type = "button"
    button.dataset.preset = index
    button.textContent = preset.title
    presets.append(button)
  })
  root.append(map, hint, presets)
}

function paint(root, data, picked) {
  for (const button of root.querySelectorAll("[data-id]")) {
    const place = picked.indexOf(button.dataset.id)
    button.setAttribute("aria-pressed", place >= 0)
    button.textContent = place >= 0 ? place + 1 : ""
  }
  const titles = picked.map(id => data.angles.find(angle => angle.id === id)?.title ?? id)
  root.querySelector(".hint").textContent = titles.length ? titles.join(" · ") : data.text.none
}
