/** A derived form or a line of a secret shorter than this would hide innocent text more often than the secret. */
const shortestDerived = 6;
const shortestLine = 3;

/**
 * Every text that gives a secret away: the value, trimmed too; each line of it; its base64 as it stands at each of the
 * three alignments inside longer data (with `+/` and with `-_`); URL-encoded, JSON-escaped, XML-escaped and quoted for
 * a shell; its parts as programs show them. The value itself counts whatever its length, derived forms from 6
 * characters on, lines from 3 on.
 */
export function maskForms(value: string): Set<string> {
  const forms = new Set<string>();
  for (const whole of new Set([value, value.trim()])) {
    if (whole.trim() === '') {
      continue;
    }
    forms.add(whole);
    for (const form of [...base64Forms(whole), ...escapedForms(whole), ...partsShown(whole)]) {
      if (form.length >= shortestDerived) {
        forms.add(form);
      }
    }
  }
  for (const line of linesOf(value)) {
    forms.add(line);
  }
  return forms;
}

function linesOf(value: string): string[] {
  const lines = value.split(/[\r\n]+/);
  return lines.length < 2 ? [] : lines.map((line) => line.trim()).filter((line) => line.length >= shortestLine);
}

/** The characters of base64 that depend on the value alone, with 0, 1 or 2 foreign bytes before it. */
function base64Forms(value: string): string[] {
  const bytes = Buffer.from(value);
  const forms = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  });
  const all = [bytes.toString('base64'), ...forms];
  return [...all, ...all.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))];
}

function escapedForms(value: string): string[] {
  const json = JSON.stringify(value).slice(1, -1);
  const url = encodeURIComponent(Buffer.from(value).toString());
  const strict = url.replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  const urls = [url, strict, url.replaceAll('%20', '+'), strict.replaceAll('%20', '+')];
  return [
    json,
    json.replaceAll('/', '\\/'),
    json.replaceAll(/[^\0-\x7f]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`),
    ...urls,
    ...urls.map((form) => form.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())),
    xmlEscaped(value),
    value.replaceAll("'", "'\\''"),
    value.replaceAll("'", "''"),
    value.replaceAll('"', '\\"'),
  ];
}

/** What programs show of a value: without the quotes around it; by its parts, as PowerShell does behind an ampersand. */
function partsShown(value: string): string[] {
  const bare = value.length > 8 && value.startsWith('"') && value.endsWith('"') ? [value.slice(1, -1)] : [];
  const plus = value.indexOf('&+');
  const last = value.lastIndexOf('&');
  if (last === -1) {
    return bare;
  }
  // The letter behind `&+` is coloured, and so stands apart.
  return plus === -1
    ? [...bare, value.slice(0, last + 1), value.slice(last + 1)]
    : [...bare, value.slice(0, plus + 2), value.slice(plus + 3)];
}

function xmlEscaped(value: string): string {
  return value
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&apos;');
}
