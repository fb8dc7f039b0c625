// Two pictures side by side, under a slider, one in place of the other, or as their difference; zoom and pan go together
// and stay when the arrangement or a picture changes. What is not enlarged fills its frame and stays there.
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
    if (stage.zoom === 1 && event.deltaY >= 0) return // nothing to make smaller: the page scrolls
    event.preventDefault()
    zoomTo(root, stage, stage.zoom * (event.deltaY < 0 ? 1.15 : 1 / 1.15))
  }
  view.onpointerdown = event => {
    if (stage.zoom > 1) view.setPointerCapture(event.pointerId)
    stage.from = { x: event.clientX - stage.x, y: event.clientY - stage.y }
    stage.tap = { x: event.clientX, y: event.clientY }
  }
  view.onpointermove = event => {
    if (!stage.from || !event.buttons) return
    panTo(root, stage, event.clientX - stage.from.x, event.clientY - stage.from.y)
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
    if (step && stage.zoom > 1) panTo(root, stage, stage.x + step[0], stage.y + step[1])
    else if (event.key === "+" || event.key === "=") zoomTo(root, stage, stage.zoom * 1.25)
    else if (event.key === "-") zoomTo(root, stage, stage.zoom / 1.25)
    else if (event.key === " " && stage.hover) turn(root, stage, !stage.over)
    else return // the page's own: arrows scroll it while nothing is enlarged
    event.preventDefault()
  }
}

function zoomTo(root, stage, zoom) {
  stage.zoom = Math.min(12, Math.max(1, zoom))
  panTo(root, stage, stage.x, stage.y)
}

function panTo(root, stage, x, y) {
  Object.assign(stage, { x, y })
  paint(root, stage)
}

// Shows the other picture in the same place, and says which one it is.
function turn(root, stage, over) {
  if (!stage.hover) return
  stage.over = over
  root.querySelector(".said").textContent = root.querySelectorAll("figcaption")[over ? 1 : 0].textContent
  paint(root, stage)
}

// A picture that is enlarged can be moved until its edge meets the frame's, and no farther.
function bound(root, stage) {
  const { clientWidth, clientHeight } = root.querySelector(".frame")
  const [right, down] = [clientWidth, clientHeight].map(edge => (edge * (stage.zoom - 1)) / 2)
  stage.x = Math.min(right, Math.max(-right, stage.x))
  stage.y = Math.min(down, Math.max(-down, stage.y))
}

function paint(root, stage) {
  bound(root, stage)
  root.classList.toggle("enlarged", stage.zoom > 1)
  root.style.setProperty("--move", `translate(${stage.x}px, ${stage.y}px) scale(${stage.zoom})`)
  root.classList.toggle("over", Boolean(stage.over))
  root.style.setProperty("--cut", `${stage.cut}%`)
}
