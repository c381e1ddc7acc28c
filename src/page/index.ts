// The public names of `sockinfo/page`. No logic here.
export {
  type ConnectionsPage,
  type ConnectionsPageOptions,
  createConnectionsPage,
  type PageListenOptions,
  type PageRequestSource,
  type PageResponse,
} from "./connections-page";
export type {
  ClosedRow,
  OrderKey,
  PageDetail,
  PageFrame,
  PagePeer,
  PageQuestion,
  PageRequest,
  PageRow,
  PageSample,
  PageServer,
  PageState,
  PageTotals,
} from "./protocol";
