/**
 * A second, independent reader of calendars for the tests: ical.js. Reads one JSON request a line,
 * `{content, begin, end, zone}`, and answers one line: the starts and ends in Unix seconds.
 */
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const ICAL = createRequire(new URL("../../../portal/package.json", import.meta.url))("ical.js");
const PASSES_MAX = 20_000;

function read({ content, begin, end, zone }) {
  const calendar = new ICAL.Component(ICAL.parse(content));
  ICAL.TimezoneService.reset();
  for (const zones of calendar.getAllSubcomponents("vtimezone")) ICAL.TimezoneService.register(zones);
  const here = ICAL.TimezoneService.get(zone);
  const seconds = (time) => {
    const moment = time.clone();
    if (moment.zone === ICAL.Timezone.localTimezone) moment.zone = here;
    return moment.toUnixTime();
  };
  const components = calendar.getAllSubcomponents("vevent");
  const found = [];
  const add = (event, start, finish) => {
    if (event.component.getFirstPropertyValue("status") === "CANCELLED") return;
    const [from, to] = [seconds(start), seconds(finish)];
    if (from < end && to > begin) found.push([from, to]);
  };
  const uid = (it) => it.getFirstPropertyValue("uid");
  for (const component of components) {
    if (component.hasProperty("recurrence-id")) continue;
    // Left alone, it takes every change in the file for one of this series.
    const exceptions = components.filter((it) => it.hasProperty("recurrence-id") && uid(it) === uid(component));
    const event = new ICAL.Event(component, { exceptions });
    if (!event.isRecurring()) {
      add(event, event.startDate, event.endDate);
      continue;
    }
    const passes = event.iterator();
    for (let pass = 0, next; pass < PASSES_MAX && (next = passes.next()); pass++) {
      const { item, startDate, endDate } = event.getOccurrenceDetails(next);
      add(item, startDate, endDate);
      if (seconds(next) > end + 86_400 * 400) break;
    }
  }
  return found;
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    answer = { found: read(JSON.parse(line)) };
  } catch (error) {
    answer = { error: String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
