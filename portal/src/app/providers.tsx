"use client";

import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";

import { isSignedOut, isTemporary } from "@/lib/api/errors";
import { signInPath } from "@/lib/redirect";

/** When the session has ended, go to the sign-in page, which returns here afterwards. */
function leaveWhenSignedOut(error: unknown) {
  const { pathname, search } = window.location;
  if (!isSignedOut(error) || /^\/(signin|signup|password)(\/|$)/.test(pathname)) return;
  window.location.replace(signInPath(pathname + search));
}

function createQueryClient() {
  return new QueryClient({
    queryCache: new QueryCache({ onError: leaveWhenSignedOut }),
    mutationCache: new MutationCache({ onError: leaveWhenSignedOut }),
    defaultOptions: {
      queries: {
        retry: (failures, error) => failures < 2 && isTemporary(error),
        retryDelay: (attempt) => 500 * 2 ** attempt,
        // "online" would wait for a network connection, which a school on one machine does not
        // need.
        networkMode: "always",
      },
      mutations: { networkMode: "always" },
    },
  });
}

export function Providers({ children }: { children: ReactNode }) {
  const [queryClient] = useState(createQueryClient);
  return <QueryClientProvider client={queryClient}>{children}</QueryClientProvider>;
}
