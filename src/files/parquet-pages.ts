/**
 * Looks over a Parquet row group before the library decodes it: the library trusts its headers, and on damaged ones it may never end
 * or leave a rejection behind. Knows names, sizes and counts, not values.
 */
import type { AsyncBuffer, RowGroup } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';

/**
 * Throws when the group's columns are not the schema's, a page's sizes are not numbers that fit its chunk, or a column has not as many
 * values as the group has rows.
 */
export async function checkPages(file: AsyncBuffer, group: RowGroup, columns: readonly string[]): Promise<void> {
  if (group.columns.length !== columns.length) throw new Error(`${group.columns.length} columns in a row group`);
  for (const [i, { meta_data: chunk }] of group.columns.entries()) {
    if (chunk?.path_in_schema.length !== 1 || chunk.path_in_schema[0] !== columns[i])
      throw new Error('a column not in the schema');
    const start = Number(chunk.dictionary_page_offset || chunk.data_page_offset);
    const bytes = count(Number(chunk.total_compressed_size), file.byteLength - count(start, file.byteLength));
    const values = countValues(new DataView(await file.slice(start, start + bytes)));
    if (values !== Number(group.num_rows)) throw new Error(`${values} values in a column of ${group.num_rows} rows`);
  }
}

function countValues(view: DataView<ArrayBuffer>): number {
  const reader = { view, offset: 0 };
  let values = 0;
  while (reader.offset < view.byteLength) {
    const header = parquetHeader(reader);
    const bytes = count(header.compressed_page_size, view.byteLength - reader.offset);
    count(header.uncompressed_page_size, 2 ** 31);
    const { data_page_header: data, data_page_header_v2: data2, dictionary_page_header: dictionary } = header;
    if (header.type === 'DATA_PAGE' && data) {
      values += count(data.num_values, 2 ** 31);
    } else if (header.type === 'DATA_PAGE_V2' && data2) {
      const levels = count(data2.repetition_levels_byte_length, bytes) + count(data2.definition_levels_byte_length, bytes);
      count(levels, bytes);
      count(data2.num_nulls, count(data2.num_values, 2 ** 31));
      values += data2.num_values;
    } else if (header.type === 'DICTIONARY_PAGE' && dictionary) {
      count(dictionary.num_values, 2 ** 31);
    } else {
      throw new Error('a page without its header');
    }
    reader.offset += bytes;
  }
  return values;
}

/** The number itself, when it is a count of at most `most`. */
function count(value: number, most: number): number {
  if (!(Number.isInteger(value) && value >= 0 && value <= most)) throw new Error(`a page size of ${value}`);
  return value;
}
