// Tells the page when a running set has changed: one trigger `tick` at a time, the next once the page has caught up.
const pulses = new WeakMap()
const PHONE_PX = 640 // the form stands above the board there: go down to what is being drawn
const SLOW_MS = 400
const PATIENCE_MS = 300
const LOST_MS = 10000

export default function ({ data, parentElement, setTriggerValue }) {
  let pulse = pulses.get(parentElement)
  if (!pulse) {
    pulses.set(parentElement, (pulse = { url: "", newest: -1, waiting: false, at: 0 }))
    if (window.innerWidth <= PHONE_PX) (parentElement.host ?? parentElement).scrollIntoView({ behavior: "smooth" })
  }
  pulse.shown = data.version
  pulse.waiting = false
  pulse.tell = () => {
    pulse.waiting = true
    pulse.at = Date.now()
    setTriggerValue("tick", pulse.at)
  }
  if (pulse.url !== data.url) listen(pulse, data.url)
  else if (pulse.newest > pulse.shown) soon(pulse)
  return () => close(pulse)
}

function listen(pulse, url) {
  close(pulse)
  Object.assign(pulse, { url, newest: pulse.shown, waiting: false, at: Date.now(), deaf: false })
  pulse.source = new EventSource(url)
  pulse.source.onmessage = event => {
    pulse.newest = Number(event.data)
    if (pulse.newest > pulse.shown && !pulse.waiting) soon(pulse)
  }
  pulse.source.addEventListener("end", () => {
    pulse.source.close()
    pulse.url = "" // a view may be drawn again before the page takes this pulse away: it listens anew then
    pulse.tell()
  })
  pulse.source.onerror = () => {
    pulse.deaf = true
  }
  pulse.source.onopen = () => {
    pulse.deaf = false
  }
  pulse.timer = setInterval(() => {
    const quiet = Date.now() - pulse.at
    if (pulse.waiting ? quiet >= LOST_MS : pulse.deaf && quiet >= SLOW_MS) pulse.tell()
  }, 200)
}

// Not at once: drawing the page anew would hold up a picture that is just coming (see frame.js).
function soon(pulse) {
  pulse.soon ??= setTimeout(() => {
    pulse.soon = null
    if (pulse.url && !pulse.waiting) pulse.tell()
  }, PATIENCE_MS)
}

function close(pulse) {
  clearTimeout(pulse.soon)
  pulse.soon = null
  pulse.source?.close()
  clearInterval(pulse.timer)
  pulse.url = ""
}
