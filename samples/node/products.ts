// What the shop sells. The dearest one is above 5.000.000 ₫ on purpose: the wallet then asks for an OTP as well.

export type Product = {
  id: string;
  priceDong: bigint;
  name: { vi: string; en: string };
  about: { vi: string; en: string };
};

export const products: Product[] = [
  {
    id: 'sen-nau',
    priceDong: 45_000n,
    name: { vi: 'Sen đá nâu', en: 'Brown echeveria' },
    about: {
      vi: 'Chậu đất nung 8 cm. Mỗi tuần tưới một lần.',
      en: 'In an 8 cm clay pot. Water once a week.',
    },
  },
  {
    id: 'chuoi-ngoc',
    priceDong: 120_000n,
    name: { vi: 'Sen đá chuỗi ngọc', en: 'String of pearls' },
    about: {
      vi: 'Chậu treo, dây dài 30 cm. Ưa nắng sớm.',
      en: 'Hanging pot, 30 cm strands. Likes morning sun.',
    },
  },
  {
    id: 'bo-ba',
    priceDong: 250_000n,
    name: { vi: 'Bộ ba để bàn', en: 'Desk trio' },
    about: {
      vi: 'Ba cây nhỏ trong chậu sứ, có khay gỗ.',
      en: 'Three small plants in glazed pots, on a wooden tray.',
    },
  },
  {
    id: 'vuon-sen',
    priceDong: 5_200_000n,
    name: { vi: 'Vườn sen đá', en: 'Succulent garden' },
    about: {
      vi: 'Bồn đá mài 60 cm, mười hai cây. Trên 5 triệu đồng: ví hỏi thêm mã OTP.',
      en: 'A 60 cm terrazzo bowl, twelve plants. Above 5 million dong the wallet also asks for an OTP.',
    },
  },
];

export function findProduct(id: string): Product | undefined {
  return products.find((product) => product.id === id);
}
