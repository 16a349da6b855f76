/** Numbers for people: digits in groups, short magnitudes, bytes, durations. Never used for data that is read back. */

const MAGNITUDES = [
  { unit: 'T', size: 1e12 },
  { unit: 'G', size: 1e9 },
  { unit: 'M', size: 1e6 },
  { unit: 'k', size: 1e3 },
];

/** `1234567.8` as `1,234,568`. */
export function grouped(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** Three digits and a magnitude: `1.23 M`, `45.6 k`, `999`. */
export function compact(value: number): string {
  const size = Math.abs(value);
  // Rounded first, so that 999,999 is 1.00 M and not 1000 k.
  const magnitude = MAGNITUDES.find((each) => size >= each.size * 0.9995);
  if (magnitude === undefined) return grouped(value);
  const scaled = value / magnitude.size;
  const decimals = Math.abs(scaled) < 9.995 ? 2 : Math.abs(scaled) < 99.95 ? 1 : 0;
  return `${scaled.toFixed(decimals)} ${magnitude.unit}`;
}

/** Binary units: `1.5 GiB`. */
export function byteSize(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let scaled = bytes;
  let unit = 0;
  while (scaled >= 1024 && unit < units.length - 1) {
    scaled /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? scaled : scaled.toFixed(1)} ${units[unit]}`;
}

/** `3 ms`, `4.2 s`, `5 min 03 s`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${(seconds % 60).toString().padStart(2, '0')} s`;
}
