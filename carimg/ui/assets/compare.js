// Two pictures side by side, under a slider, one in place of the other, or as their difference; zoom and pan go together
// and stay when the arrangement or a picture changes.
const stages = new WeakMap()

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".compare")
  let stage = stages.get(parentElement)
  if (!stage) {
    stages.set(parentElement, (stage = { zoom: 1, x: 0, y: 0, cut: 50 }))
    wire(root, stage)
  }
  root.dataset.mode = data.mode
  root.style.setProperty("--ratio", data.ratio)
  data.pictures.forEach((picture, index) => {
    const image = root.querySelectorAll("img")[index]
    if (image.getAttribute("src") !== picture.src) image.src = picture.src
    image.alt = picture.title
    root.querySelectorAll("figcaption")[index].textContent = picture.title
  })
  const range = root.querySelector("input")
  range.setAttribute("aria-label", data.text.slider)
  root.querySelector(".hint").textContent = data.text.hint
  root.querySelector(".reset").textContent = data.text.reset
  root.querySelector(".reset").onclick = () => {
    Object.assign(stage, { zoom: 1, x: 0, y: 0 })
    paint(root, stage)
  }
  root.querySelector(".view").setAttribute("aria-label", data.pictures.map(picture => picture.title).join(" / "))
  stage.hover = data.mode === "hover"
  if (!stage.hover) stage.over = false
  range.oninput = () => {
    stage.cut = Number(range.value)
    paint(root, stage)
  }
  paint(root, stage)
}

function wire(root, stage) {
  const view = root.querySelector(".view")
  view.onwheel = event => {
    event.preventDefault()
    zoomTo(root, stage, stage.zoom * (event.deltaY < 0 ? 1.15 : 1 / 1.15))
  }
  view.onpointerdown = event => {
    view.setPointerCapture(event.pointerId)
    stage.from = { x: event.clientX - stage.x, y: event.clientY - stage.y }
    stage.tap = { x: event.clientX, y: event.clientY }
  }
  view.onpointermove = event => {
    if (!stage.from) return
    Object.assign(stage, { x: event.clientX - stage.from.x, y: event.clientY - stage.from.y })
    paint(root, stage)
  }
  view.onpointerup = event => {
    const still = stage.from && Math.hypot(event.clientX - stage.tap.x, event.clientY - stage.tap.y) < 6
    if (stage.hover && still && event.pointerType !== "mouse") turn(root, stage, !stage.over)
    stage.from = null
  }
  view.onpointercancel = () => (stage.from = null)
  view.onpointerenter = event => event.pointerType === "mouse" && turn(root, stage, true)
  view.onpointerleave = event => event.pointerType === "mouse" && turn(root, stage, false)
  view.onkeydown = event => {
    const step = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] }[event.key]
    if (step) Object.assign(stage, { x: stage.x + step[0], y: stage.y + step[1] })
    else if (event.key === "+" || event.key === "=") return zoomTo(root, stage, stage.zoom * 1.25)
    else if (event.key === " " && stage.hover) turn(root, stage, !stage.over)
    else if (event.key === "-") return zoomTo(root, stage, stage.zoom / 1.25)
    else return
    event.preventDefault()
    paint(root, stage)
  }
}

function zoomTo(root, stage, zoom) {
  stage.zoom = Math.min(12, Math.max(1, zoom))
  if (stage.zoom === 1) Object.assign(stage, { x: 0, y: 0 })
  paint(root, stage)
}

// Shows the other picture in the same place, and says which one it is.
function turn(root, stage, over) {
  if (!stage.hover) return
  stage.over = over
  root.querySelector(".said").textContent = root.querySelectorAll("figcaption")[over ? 1 : 0].textContent
  paint(root, stage)
}

function paint(root, stage) {
  root.style.setProperty("--move", `translate(${stage.x}px, ${stage.y}px) scale(${stage.zoom})`)
  root.classList.toggle("over", Boolean(stage.over))
  root.style.setProperty("--cut", `${stage.cut}%`)
}
