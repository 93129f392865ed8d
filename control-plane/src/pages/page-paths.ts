/** Everything under these is served by REST, socket.io or the metrics; the rest are the dashboard's files. */
const otherRoutes = /^\/(api|metrics|socket\.io)(\/|$)/i;

/** Whether a request asks for a file of the dashboard: those hold nothing but programs, and are for everybody. */
export const asksForPage = (method: string, path: string): boolean =>
  (method === "GET" || method === "HEAD") && !otherRoutes.test(path);
