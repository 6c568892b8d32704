// What the demo's mailbox has received: files of RFC 5322, as the server sent them.
import { readFileSync, readdirSync } from "node:fs";
import { expect } from "./watch.mjs";

const FOLDER = new URL(
  `../../${process.env.HABITUE_E2E_DIR ?? "target/e2e"}/mails/`, import.meta.url,
);

/** The inverse of quoted-printable, and of base64. */
const decoded = (encoding, body) => {
  if (/base64/i.test(encoding)) return Buffer.from(body, "base64").toString();
  if (!/quoted-printable/i.test(encoding)) return body;
  const bytes = body.replace(/=\r\n/g, "").replace(/=([0-9A-F]{2})/g, (_, hex) =>
    String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString();
};

const headers = (head) => {
  const lines = head.replace(/\r\n[ \t]+/g, " ").split("\r\n").filter(Boolean);
  return Object.fromEntries(lines.map((line) => {
    const at = line.indexOf(":");
    return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
  }));
};

const parsed = (file) => {
  const raw = readFileSync(new URL(file, FOLDER), "latin1");
  const [head, ...rest] = raw.split("\r\n\r\n");
  const mail = { headers: headers(head), text: "", html: "" };
  const [, boundary] = /boundary="?([^";\r\n]+)/.exec(mail.headers["content-type"]);
  for (const part of rest.join("\r\n\r\n").split(`--${boundary}`)) {
    const [partHead, ...body] = part.split("\r\n\r\n");
    const about = headers(partHead);
    const text = decoded(about["content-transfer-encoding"], body.join("\r\n\r\n"));
    if (/text\/plain/.test(about["content-type"])) mail.text = text;
    if (/text\/html/.test(about["content-type"])) mail.html = text;
  }
  return mail;
};

/** All mails to an address, oldest first. */
export const mailsTo = (address) =>
  readdirSync(FOLDER).filter((file) => file.endsWith(".eml")).sort().map(parsed)
    .filter(({ headers }) => headers.to === address);

/** The newest mail to an address, once there are so many. */
export const mailTo = async (address, count = 1) => {
  await expect.poll(() => mailsTo(address).length).toBe(count);
  return mailsTo(address).at(-1);
};

/** The first link of a mail's text that has `path` in it. */
export const linkIn = ({ text }, path) =>
  text.split(/\s+/).find((word) => word.startsWith("http") && word.includes(path));
