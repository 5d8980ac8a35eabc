import chromium from '@sparticuz/chromium';
import { type Browser, launch } from 'puppeteer-core';

/** Chromium as its npm package brings it, for Linux; elsewhere the one that `CHROME_PATH` names. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = process.env['CHROME_PATH'] ?? (await packaged());
  return launch({ args: [...chromium.args, '--no-sandbox'], executablePath, headless: 'shell' });
}

function packaged(): Promise<string> {
  if (process.platform === 'linux') return chromium.executablePath();
  throw new Error('The packaged Chromium runs on Linux: name yours in CHROME_PATH');
}
