package export

import (
	"io"
	"strconv"
	"strings"

	"lianheti/stages/table"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// CSVNote says what a reader of the CSV files has to know; it stands in the data package and in the dictionary.
const CSVNote = "csv/ 里是同样内容的 CSV：UTF-8（带 BOM）、RFC 4180（逗号分隔、CRLF 换行、双引号），空表示没有，加引号的空是空文字；" +
	"以 = + - @、制表符或回车开头的文字前加了一个半角单引号，免得被当作公式。Excel 直接双击打开会把申报编号（年份-序号）认成日期，请用“数据—自文本/CSV”导入，把编号各列设为文本。"

// byteOrderMark tells Excel that a text is UTF-8.
const byteOrderMark = "\ufeff"

// formulaLeads are what a spreadsheet program takes for the beginning of a formula.
const formulaLeads = "=+-@\t\r"

// writeCSV writes a table as RFC 4180 has it. A value that is not there is nothing, an empty text a pair of quotes.
func writeCSV(w io.WriteSeeker, rec arrow.Record) error {
	names := table.Each(rec.Schema().Fields(), func(f arrow.Field) string { return f.Name })
	line, cells := byteOrderMark+strings.Join(names, ","), make([]string, len(names))
	for row := 0; ; row++ {
		if _, err := io.WriteString(w, line+"\r\n"); err != nil || row == int(rec.NumRows()) {
			return err
		}
		for i, column := range rec.Columns() {
			if cells[i] = ""; !column.IsNull(row) {
				cells[i] = csvValue(column, row)
			}
		}
		line = strings.Join(cells, ",")
	}
}

// csvValue writes one value: numbers in full, no exponents.
func csvValue(column arrow.Array, row int) string {
	switch c := column.(type) {
	case *array.Float64:
		return strconv.FormatFloat(c.Value(row), 'f', -1, 64)
	case *array.String:
		return csvText(c.Value(row))
	}
	return column.ValueStr(row) // whole numbers, true and false
}

func csvText(s string) string {
	if s != "" && strings.ContainsRune(formulaLeads, rune(s[0])) {
		s = "'" + s
	}
	if s == "" || strings.ContainsAny(s, ",\"\r\n") || strings.TrimSpace(s) != s {
		return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
	}
	return s
}
