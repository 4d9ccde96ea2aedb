package programs

import (
	"bytes"
	"strings"
	"testing"

	"lianheti/templates"

	"github.com/xuri/excelize/v2"
)

// SelfCheck reads the results on the 自检 sheet of a workbook: rule code -> result in words.
func SelfCheck(t testing.TB, data []byte) map[string]string {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows(templates.CheckSheet)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, row := range rows {
		if len(row) > 3 && strings.HasPrefix(row[0], "LHT-") {
			out[row[0]] = row[3]
		}
	}
	return out
}
