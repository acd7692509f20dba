export const THEME_KEY = "apranova-theme";

/** Runs in <head> before the first paint, so that a chosen theme never flashes. */
export const themeScript = `try{var t=localStorage.getItem("${THEME_KEY}");if(t==="light"||t==="dark")document.documentElement.dataset.theme=t}catch(e){}`;
