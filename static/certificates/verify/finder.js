/* Finding a QR code in a picture, by what the browser brings along. */

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

/** Whether this browser can find codes in pictures at all. */
export async function canFind() {
  return Boolean(await nativeDetector());
}

/** The text of a code in a video or bitmap, a certificate's before any other; null for none. */
export async function findText(picture) {
  const detector = await nativeDetector();
  if (!detector) return null;
  try {
    const found = (await detector.detect(picture)).map(({ rawValue }) => rawValue);
    return found.find((text) => text.startsWith("HC1:")) || found[0] || null;
  } catch {
    return null; // a picture without size, a decoder that is busy
  }
}

/** The same for a photo that was chosen. */
export async function findInPhoto(file) {
  try {
    const bitmap = await createImageBitmap(file);
    const text = await findText(bitmap);
    bitmap.close();
    return text;
  } catch {
    return null; // not a picture
  }
}
