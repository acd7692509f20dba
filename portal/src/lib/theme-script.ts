export const THEME_KEY = "apranova-theme";

/** Runs in <head> before the first paint, so that the page never flashes in another theme. */
export const themeScript = `try{var t=localStorage.getItem("${THEME_KEY}");if(t==="light"||t==="dark")document.documentElement.dataset.theme=t}catch(e){}`;
