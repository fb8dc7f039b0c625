// Shows a page from its top once, when it is opened: a page switch keeps the place that the page before was scrolled to.
const seen = new WeakSet()

export default function ({ parentElement }) {
  if (seen.has(parentElement)) return
  seen.add(parentElement)
  for (let part = parentElement.host ?? parentElement; part; part = part.parentElement) part.scrollTop = 0
}
