/**
 * Asks every call for a node's credential, except those that need none: Join, which gets one, and the health service. Used where
 * the server is reached from other machines.
 */
import {
  ServerInterceptingCall,
  type Metadata,
  type ServerInterceptor,
} from "@grpc/grpc-js";
import { EnrollmentServiceService } from "@motif/proto";
import { toStatus } from "./status.ts";

/** Set here, and only here. */
const nodeKey = "motif-node";

const isOpen = (path: string): boolean =>
  path === EnrollmentServiceService.join.path ||
  path.startsWith("/grpc.health.v1.Health/");

/** @param verify gives the node's id for an `authorization` header; throws ControlPlaneError "unauthenticated" */
export const newCredentialInterceptor =
  (
    verify: (authorization: string | undefined) => Promise<string>,
  ): ServerInterceptor =>
  (method, call) =>
    new ServerInterceptingCall(call, {
      start(next) {
        next({
          onReceiveMetadata(metadata, pass) {
            metadata.remove(nodeKey);
            if (isOpen(method.path)) return pass(metadata);
            verify(metadata.get("authorization")[0]?.toString()).then(
              (nodeId) => {
                metadata.set(nodeKey, nodeId);
                pass(metadata);
              },
              (error: unknown) => call.sendStatus(toStatus(error)),
            );
          },
        });
      },
    });

/** Where nobody is asked: nobody may pretend either. */
export const newOpenInterceptor = (): ServerInterceptor => (_method, call) =>
  new ServerInterceptingCall(call, {
    start(next) {
      next({
        onReceiveMetadata(metadata, pass) {
          metadata.remove(nodeKey);
          pass(metadata);
        },
      });
    },
  });

/** @returns the id of the node whose credential came with the call; undefined where none was asked for */
export const authenticatedNode = (metadata: Metadata): string | undefined =>
  metadata.get(nodeKey)[0]?.toString();
