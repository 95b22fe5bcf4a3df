import type { KubeClient } from '../../operator/kube/client/client.ts';
import { formatTable } from '../output/table.ts';

/** meta.k8s.io/v1 Table, as far as it is shown. */
interface Table {
  readonly metadata?: { readonly continue?: string };
  readonly columnDefinitions?: readonly { readonly name: string; readonly priority: number }[];
  readonly rows?: readonly { readonly cells: readonly unknown[] }[];
}

const tableAccept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
const pageSize = 500;

/**
 * Objects as the API server itself sets them out, so that the columns are those of `kubectl get`.
 * @param path of one object or of a collection
 * @param isWide whether to show the columns of `-o wide`, too
 * @returns undefined when there is none
 */
export async function fetchTable(
  client: KubeClient,
  path: string,
  isWide: boolean,
): Promise<string | undefined> {
  const rows: NonNullable<Table['rows']>[number][] = [];
  let columns: NonNullable<Table['columnDefinitions']> = [];
  let token: string | undefined;
  do {
    const page: Table = await client.request<Table>({
      method: 'GET',
      path,
      query: { limit: pageSize, continue: token },
      accept: tableAccept,
    });
    // Only the first page has them.
    if (columns.length === 0) columns = page.columnDefinitions ?? [];
    rows.push(...(page.rows ?? []));
    token = page.metadata?.continue || undefined;
  } while (token !== undefined);
  if (rows.length === 0) return undefined;
  const shown = [...columns.entries()].filter(([, { priority }]) => isWide || priority === 0);
  return formatTable(
    shown.map(([, { name }]) => name.toUpperCase()),
    rows.map(({ cells }) => shown.map(([index]) => String(cells[index] ?? ''))),
  );
}
