(() => {
  const slides = [...document.querySelectorAll(".slide")];
  const at = () => {
    const near = slides.map((one) => Math.abs(one.getBoundingClientRect().top));
    return near.indexOf(Math.min(...near));
  };
  const go = (n) => {
    const one = slides[Math.max(0, Math.min(slides.length - 1, n))];
    one.scrollIntoView();
    one.focus({ preventScroll: true });
  };
  const steps = {
    ArrowRight: 1, ArrowDown: 1, PageDown: 1, " ": 1, ArrowLeft: -1, ArrowUp: -1, PageUp: -1,
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "f" || event.key === "F") {
      if (document.fullscreenElement) document.exitFullscreen();
      else document.documentElement.requestFullscreen?.();
    } else if (event.key === "Home") go(0);
    else if (event.key === "End") go(slides.length - 1);
    else if (event.key in steps) go(at() + (event.key === " " && event.shiftKey ? -1 : steps[event.key]));
    else return;
    event.preventDefault();
  });
})();
