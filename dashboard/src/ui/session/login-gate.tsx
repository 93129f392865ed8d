/** Asks for a login where the control plane does; until it has said so, pages ask for what they show. */
import type { ReactNode } from "react";
import { needsLogin } from "../../api/api-problem.ts";
import { LoginForm } from "./login-form.tsx";
import { useSession } from "./use-session.ts";

export function LoginGate({ children }: { readonly children: ReactNode }) {
  const { error } = useSession();
  return needsLogin(error) ? <LoginForm /> : children;
}
