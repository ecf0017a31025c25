// The place in the page, kept in its address: #file=1&view=sites&quantity=total&select=3.score.  Whoever has the link
// sees the same; the back button goes to the place before.

const address = {
  read() {
    const place = {};
    for (const [key, value] of new URLSearchParams(location.hash.slice(1))) place[key] = value;
    return place;
  },
  text(place) {
    const given = Object.entries(place).filter(([, value]) => value !== undefined && value !== null && value !== "");
    return "#" + new URLSearchParams(given).toString();
  },
  go(place) {
    const text = address.text(place);
    if (text !== location.hash) location.hash = text;
  },
};
