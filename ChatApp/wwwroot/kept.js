// What this tab keeps for a reload: what is being written, where the reader was. Whoever signs out takes it along: the next one at this browser may be
// somebody else.
const Names = /^(draft|sending|link|edit|place|model):/;
let isLeft = false;

// An empty text is none.
export function keep(name, text) {
  if (isLeft) {
    return;
  }

  try {
    if (text === '') {
      sessionStorage.removeItem(name);
    } else {
      sessionStorage.setItem(name, text);
    }
  } catch {
    // No storage, or no room in it: then a reload loses it.
  }
}

// Null where nothing was kept.
export function kept(name) {
  try {
    return sessionStorage.getItem(name);
  } catch {
    return null; // as above
  }
}

document.addEventListener('submit', (event) => {
  if (!event.target.matches('.sign-out')) {
    return;
  }

  // The page that goes away keeps nothing again.
  isLeft = true;
  try {
    for (const name of Object.keys(sessionStorage).filter((name) => Names.test(name))) {
      sessionStorage.removeItem(name);
    }
  } catch {
    // No storage: nothing was kept.
  }
});
