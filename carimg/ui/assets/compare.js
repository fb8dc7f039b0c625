// Two pictures side by side, under a slider, or as their difference; zoom and pan go together and stay when a picture changes.
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
  }
  view.onpointermove = event => {
    if (!stage.from) return
    Object.assign(stage, { x: event.clientX - stage.from.x, y: event.clientY - stage.from.y })
    paint(root, stage)
  }
  view.onpointerup = view.onpointercancel = () => (stage.from = null)
  view.onkeydown = event => {
    const step = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] }[event.key]
    if (step) Object.assign(stage, { x: stage.x + step[0], y: stage.y + step[1] })
    else if (event.key === "+" || event.key === "=") return zoomTo(root, stage, stage.zoom * 1.25)
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

function paint(root, stage) {
  root.style.setProperty("--move", `translate(${stage.x}px, ${stage.y}px) scale(${stage.zoom})`)
  root.style.setProperty("--cut", `${stage.cut}%`)
}
