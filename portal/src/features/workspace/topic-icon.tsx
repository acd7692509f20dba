import {
  BasketIcon,
  BookmarkIcon,
  CodeIcon,
  FolderIcon,
  QueryIcon,
  TerminalIcon,
  UploadIcon,
} from "@/components/icons";

import type { TopicPicture } from "./model/guides";

const PICTURES = {
  editor: CodeIcon,
  terminal: TerminalIcon,
  folder: FolderIcon,
  shop: BasketIcon,
  query: QueryIcon,
  upload: UploadIcon,
  kept: BookmarkIcon,
} satisfies Record<TopicPicture, unknown>;

export function TopicIcon({ picture }: { picture: TopicPicture }) {
  const Picture = PICTURES[picture];
  return <Picture className="size-5" />;
}
