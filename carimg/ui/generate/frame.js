// One view's picture. While its set runs it listens for itself, so that a picture shows before the page has run again.
const frames = new WeakMap()
const ears = new Map()

export default function ({ data, parentElement }) {
  let frame = frames.get(parentElement)
  if (!frame) {
    const [image, dialog] = [parentElement.querySelector(".open img"), parentElement.querySelector("dialog")]
    frames.set(parentElement, (frame = { image, dialog }))
    const large = dialog.querySelector("img")
    parentElement.querySelector(".open").onclick = () => {
      large.src = image.src
      large.alt = image.alt
      dialog.showModal()
    }
    dialog.onclick = () => dialog.close()
  }
  Object.assign(frame, { angle: data.angle, base: data.base })
  const open = parentElement.querySelector(".open")
  open.title = data.enlarge
  open.disabled = !data.picture
  frame.image.alt = data.alt
  frame.image.style.aspectRatio = data.ratio
  if (frame.image.getAttribute("src") !== data.src && !(frame.early && !data.picture)) frame.image.src = data.src
  if (data.picture) frame.early = false
  follow(frame, data.url)
  return () => follow(frame, null)
}

function follow(frame, url) {
  if (frame.url === url) return
  const before = ears.get(frame.url)
  before?.frames.delete(frame)
  if (before && !before.frames.size) stop(frame.url)
  frame.url = url
  if (!url) return
  if (!ears.has(url)) ears.set(url, hear(url))
  ears.get(url).frames.add(frame)
}

function hear(url) {
  const ear = { source: new EventSource(url), frames: new Set() }
  ear.source.addEventListener("view", event => {
    const view = JSON.parse(event.data)
    for (const frame of ear.frames) if (frame.angle === view.angle) show(frame, view.page)
  })
  ear.source.addEventListener("end", () => ear.source.close())
  return ear
}

function stop(url) {
  ears.get(url).source.close()
  ears.delete(url)
}

function show(frame, page) {
  const address = `${frame.base}/${page}.jpg`
  if (frame.image.getAttribute("src") === address) return
  const next = new Image()
  next.src = address
  next.decode().then(() => {
    frame.early = true
    frame.image.src = address
  }, () => {})
}
