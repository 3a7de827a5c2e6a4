/** A page opened before the server was brought up to date asks for parts that are gone: then it is loaded anew. */

const MARK = "modelport.reloaded";
const MINUTE = 60_000;

/** A part of the app that did not come, in the words of the browsers and of the bundler. */
export function isMissingPart(error: Error): boolean {
  return /dynamically imported module|preload CSS|module script failed/i.test(error.message);
}

/** Once a minute at most, and only where the server answers: otherwise the page that is there says what is wrong. */
export async function reloadIfOutdated(
  page: Pick<Location, "reload">,
  kept: Pick<Storage, "getItem" | "setItem">,
  now = Date.now(),
): Promise<boolean> {
  if (now - Number(kept.getItem(MARK) ?? 0) < MINUTE) return false;
  const answers = await fetch("/healthz", { cache: "no-store" }).then(
    ({ ok }) => ok,
    () => false,
  );
  if (!answers) return false;
  kept.setItem(MARK, String(now));
  page.reload();
  return true;
}
