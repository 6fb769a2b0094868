// Links of an answer open beside the chat. Said here and not by an attribute of each, which the circuit would carry with every link.
document.addEventListener('click', (event) => {
  const link = event.target.closest?.('.markdown a[href]');
  if (link && !link.hash && link.origin !== location.origin) {
    link.target = '_blank';
  }
}, true);
