// Counts seconds up in the browser, so that no rerun is needed for them.
const clocks = new WeakMap()

export default function ({ data, parentElement }) {
  clearInterval(clocks.get(parentElement))
  const zero = Date.now() - data.seconds * 1000
  const shown = parentElement.querySelector("span")
  const show = () => {
    const seconds = (Date.now() - zero) / 1000
    shown.textContent = data.text.replace("{seconds}", Math.floor(seconds).toLocaleString(data.language))
  }
  show()
  clocks.set(parentElement, setInterval(show, 500))
  return () => clearInterval(clocks.get(parentElement))
}
