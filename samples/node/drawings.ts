// The four plants, drawn as SVG from a few leaves. Colours are fixed: they read on the light and the dark panel.

import { Html } from './html.ts';

type Leaf = { length: number; width: number; fill: string; tip?: string };

/** The drawing of a product; decoration beside its name, so hidden from readers of the screen. */
export function drawing(productId: string): Html {
  const draw = drawings[productId] ?? brownEcheveria;
  return new Html(
    `<svg viewBox="20 2 200 170" aria-hidden="true" focusable="false">${shadow(120, 164, 62)}${draw()}</svg>`,
  );
}

/** One leaf from (0,0) upwards, turned by `angle` degrees; a paler rib, and a tip that has seen the sun. */
function leaf(x: number, y: number, angle: number, { length: l, width: w, fill, tip }: Leaf): string {
  const body = `M0 2C${-w} ${-l * 0.3} ${-w} ${-l * 0.78} 0 ${-l}C${w} ${-l * 0.78} ${w} ${-l * 0.3} 0 2Z`;
  const end = `M${-w * 0.36} ${-l * 0.83}Q0 ${-l * 0.76} ${w * 0.36} ${-l * 0.83}Q${w * 0.14} ${-l * 0.95} 0 ${-l}Q${-w * 0.14} ${-l * 0.95} ${-w * 0.36} ${-l * 0.83}Z`;
  const place = `transform="translate(${x} ${y}) rotate(${angle})"`;
  const blush = tip ? `<path d="${end}" fill="${tip}"/>` : '';
  const rib = `<path d="M0 ${-l * 0.16}V${-l * 0.7}" stroke="#fff" stroke-opacity=".16" stroke-width="1.5" stroke-linecap="round"/>`;
  return `<g ${place}><path d="${body}" fill="${fill}" stroke="#1c1917" stroke-opacity=".13"/>${rib}${blush}</g>`;
}

/** A rosette from the side: rows of leaves, the outer ones lower, longer and darker. */
function rosette(x: number, y: number, size: number, colours: string[], tip?: string): string {
  const rows = [
    { angles: [-78, 78, -60, 60], length: 1 },
    { angles: [-44, 44, -28, 28], length: 0.98 },
    { angles: [-14, 14, 0], length: 0.92 },
    { angles: [-50, 50, -26, 26], length: 0.6 },
    { angles: [-11, 11, 0], length: 0.52 },
  ];
  return rows
    .flatMap(({ angles, length }, row) =>
      angles.map((angle) => {
        const fill = colours[Math.min(row, colours.length - 1)] ?? '#6b8f71';
        const shape = { length: size * length, width: size * (0.28 - row * 0.028), fill };
        return leaf(x, y, angle, tip ? { ...shape, tip } : shape);
      }),
    )
    .join('');
}

/** Narrow upright leaves with pale bands. */
function haworthia(x: number, y: number, size: number): string {
  const bands = [0.34, 0.48, 0.62].map(
    (at) =>
      `<path d="M-3 ${-size * at}H3" stroke="#e7efe2" stroke-opacity=".75" stroke-width="1.6" stroke-linecap="round"/>`,
  );
  return [-52, 52, -30, 30, -12, 12, 0]
    .map((angle, index) => {
      const length = size * (index < 2 ? 0.8 : 1);
      const fill = index < 2 ? '#2f5d4a' : index < 4 ? '#3b7059' : '#4a8469';
      const shape = leaf(0, 0, 0, { length, width: size * 0.15, fill });
      return `<g transform="translate(${x} ${y}) rotate(${angle})">${shape}${bands.join('')}</g>`;
    })
    .join('');
}

/** A small round cactus with a flower. */
function cactus(x: number, y: number, size: number): string {
  const ribs = [-0.56, -0.2, 0.2, 0.56].map((at) => {
    const bow = x + size * at * 1.35;
    return `<path d="M${x + size * at * 0.5} ${y - size * 1.5}Q${bow} ${y - size * 0.8} ${x + size * at * 0.8} ${y}" fill="none" stroke="#b9d3a5" stroke-opacity=".6" stroke-width="2" stroke-linecap="round"/>`;
  });
  const petals = [-64, -32, 0, 32, 64].map((angle) =>
    leaf(x, y - size * 1.48, angle, { length: size * 0.46, width: size * 0.15, fill: '#e79a8b' }),
  );
  return `<ellipse cx="${x}" cy="${y - size * 0.72}" rx="${size * 0.78}" ry="${size * 0.86}" fill="#5f8f5b"/>${ribs.join('')}${petals.join('')}<circle cx="${x}" cy="${y - size * 1.5}" r="${size * 0.1}" fill="#f3cf7a"/>`;
}

function pot(x: number, top: number, width: number, height: number, fill: string, rim: string): string {
  const half = width / 2;
  const foot = half * 0.7;
  const body = `M${x - half + 4} ${top + 8}L${x - foot} ${top + height - 5}Q${x - foot + 1} ${top + height} ${x - foot + 7} ${top + height}H${x + foot - 7}Q${x + foot - 1} ${top + height} ${x + foot} ${top + height - 5}L${x + half - 4} ${top + 8}Z`;
  const light = `M${x - half + 11} ${top + 17}L${x - foot + 5} ${top + height - 10}`;
  return `<path d="${body}" fill="${fill}"/><path d="${light}" stroke="#fff" stroke-opacity=".22" stroke-width="4" stroke-linecap="round"/><rect x="${x - half}" y="${top}" width="${width}" height="13" rx="4" fill="${rim}"/>`;
}

function shadow(x: number, y: number, width: number): string {
  return `<ellipse cx="${x}" cy="${y}" rx="${width}" ry="5" fill="#1c1917" fill-opacity=".12"/>`;
}

function brownEcheveria(): string {
  const leaves = rosette(120, 98, 66, ['#7d4a3f', '#94594a', '#ad6f5b', '#c58c74'], '#e0b39a');
  return leaves + pot(120, 96, 88, 68, '#bd6a43', '#cf7d54');
}

function pearls(): string {
  const strands = [
    [92, 7],
    [102, 9],
    [113, 6],
    [127, 8],
    [138, 9],
    [148, 6],
  ].map(([start = 0, count = 0], strand) =>
    Array.from({ length: count }, (_, index) => {
      const sway = Math.sin(index * 0.9 + strand) * 3;
      const x = start + (start - 120) * 0.055 * index + sway;
      const y = 86 + index * 9;
      const fill = (index + strand) % 3 === 0 ? '#93b57c' : '#719a63';
      return `<circle cx="${x.toFixed(1)}" cy="${y}" r="5.4" fill="${fill}"/><circle cx="${(x - 1.6).toFixed(1)}" cy="${y - 1.8}" r="1.4" fill="#fff" fill-opacity=".45"/>`;
    }).join(''),
  );
  const crown = Array.from({ length: 11 }, (_, index) => {
    const x = 88 + index * 6.4;
    return `<circle cx="${x}" cy="${60 - Math.sin((index / 10) * Math.PI) * 9}" r="6" fill="${index % 2 ? '#86ab70' : '#6b945e'}"/>`;
  }).join('');
  const cord =
    '<path d="M82 62L120 6L158 62" fill="none" stroke="#a38f78" stroke-width="2.5" stroke-linejoin="round"/>';
  return cord + crown + pot(120, 62, 84, 52, '#d9cbb8', '#e8dccb') + strands.join('');
}

function trio(): string {
  const tray = '<rect x="26" y="154" width="188" height="9" rx="4" fill="#a9805a"/>';
  const left = rosette(64, 112, 36, ['#47796b', '#5b9080', '#78a894', '#9cc3ae'], '#d98f86');
  const middle = haworthia(120, 106, 62);
  const right = cactus(176, 113, 23);
  return `${tray}${left}${middle}${right}${pot(64, 108, 50, 47, '#e3d9cb', '#efe7db')}${pot(120, 102, 54, 53, '#6f8796', '#8199a8')}${pot(176, 108, 50, 47, '#c98663', '#d89a78')}`;
}

function garden(): string {
  const speckles = [
    [62, 140, '#b5634a'],
    [84, 150, '#6f8796'],
    [104, 138, '#8a7b63'],
    [128, 151, '#b5634a'],
    [150, 141, '#5b7a66'],
    [172, 137, '#8a7b63'],
    [116, 158, '#6f8796'],
    [160, 153, '#b5634a'],
    [76, 133, '#5b7a66'],
    [140, 133, '#6f8796'],
  ].map(([x, y, fill]) => `<rect x="${x}" y="${y}" width="5" height="3.4" rx="1.4" fill="${fill}"/>`);
  const bowl =
    '<path d="M30 124H210C206 148 186 164 160 164H80C54 164 34 148 30 124Z" fill="#ddd6cb"/><rect x="25" y="118" width="190" height="11" rx="5" fill="#ebe5db"/>';
  const stones =
    '<ellipse cx="98" cy="118" rx="11" ry="6" fill="#a8a29e"/><ellipse cx="150" cy="119" rx="9" ry="5" fill="#8f8983"/>';
  return [
    haworthia(186, 120, 58),
    haworthia(52, 120, 46),
    cactus(154, 118, 27),
    rosette(96, 118, 60, ['#4d7d6d', '#639482', '#82ad99', '#a9cab8'], '#e3a197'),
    rosette(180, 121, 30, ['#7d4a3f', '#94594a', '#ad6f5b', '#c58c74'], '#e0b39a'),
    rosette(56, 121, 26, ['#8a8f4d', '#a2a65f', '#b9bc78', '#d0d297'], '#d98f6a'),
    rosette(130, 121, 24, ['#6e6a8d', '#827ea3', '#9a96b8', '#b7b4cf']),
    stones,
    bowl,
    speckles.join(''),
  ].join('');
}

const drawings: Record<string, () => string> = {
  'sen-nau': brownEcheveria,
  'chuoi-ngoc': pearls,
  'bo-ba': trio,
  'vuon-sen': garden,
};
