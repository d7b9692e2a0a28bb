/* Finding a QR code in a picture: by the browser's own detector where it has one (it is the faster),
   else by ours. */

import { readPicture } from "./qr/locate.js";

const VIDEO_SIDE = 800; // dense codes need about five pixels a module
const PHOTO_SIDES = [1000, 1800];

let native;

async function nativeDetector() {
  if (native !== undefined) return native;
  native = null;
  try {
    const formats = "BarcodeDetector" in window ? await BarcodeDetector.getSupportedFormats() : [];
    if (formats.includes("qr_code")) native = new BarcodeDetector({ formats: ["qr_code"] });
  } catch {
    native = null; // the interface is there, the service behind it is not
  }
  return native;
}

async function byBrowser(picture, isWanted) {
  const detector = await nativeDetector();
  if (!detector) return null;
  try {
    const found = (await detector.detect(picture)).map(({ rawValue }) => rawValue);
    return found.find(isWanted) || found[0] || null;
  } catch {
    native = null; // it does not work after all
    return null;
  }
}

let looks = 0;

/** `findInVideo(video)` and `findInPhoto(file)` for codes of which `isWanted(text)`; where a picture
    has others only, one of them is given. */
export function finderOf(isWanted) {
  return {
    findInVideo: (video) => findInVideo(video, isWanted),
    findInPhoto: (file) => findInPhoto(file, isWanted),
  };
}

/* The text of a code in the camera's picture, of which the middle square is shown; null for none. */
async function findInVideo(video, isWanted) {
  if (await nativeDetector()) return byBrowser(video, isWanted);
  const side = Math.min(video.videoWidth, video.videoHeight);
  const [left, top] = [(video.videoWidth - side) / 2, (video.videoHeight - side) / 2];
  const size = Math.min(side, VIDEO_SIDE);
  looks += 1; // one way each time, by turns: a slow phone looks twice as often
  return size ? byUs(video, left, top, side, side, size, size, [looks % 2]) : null;
}

/* The text of a code in a photo that was chosen; null for none, or where it is no picture. */
async function findInPhoto(file, isWanted) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    return null;
  }
  const { width, height } = bitmap;
  let text = await byBrowser(bitmap, isWanted);
  for (const side of PHOTO_SIDES) {
    const scale = Math.min(1, side / Math.max(width, height));
    if (!text) text = byUs(bitmap, 0, 0, width, height, Math.round(width * scale), Math.round(height * scale));
  }
  bitmap.close();
  return text;
}

let canvas;

function byUs(picture, left, top, width, height, toWidth, toHeight, ways) {
  canvas = canvas || document.createElement("canvas");
  canvas.width = toWidth;
  canvas.height = toHeight;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "#fff"; // transparent is paper
  context.fillRect(0, 0, toWidth, toHeight);
  context.drawImage(picture, left, top, width, height, 0, 0, toWidth, toHeight);
  const { data } = context.getImageData(0, 0, toWidth, toHeight);
  context.clearRect(0, 0, toWidth, toHeight); // nothing of anybody stays behind
  return readPicture(greyOf(data), toWidth, toHeight, ways);
}

function greyOf(data) {
  const grey = new Uint8Array(data.length / 4);
  for (let at = 0; at < grey.length; at += 1) {
    grey[at] = (data[4 * at] * 77 + data[4 * at + 1] * 150 + data[4 * at + 2] * 29) >> 8;
  }
  return grey;
}
