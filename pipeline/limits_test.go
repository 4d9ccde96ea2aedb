package pipeline

import (
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"lianheti/samples/must"
	"lianheti/samples/programs"
)

// Requirements
//  1. Every workbook that a run writes, and those committed beside the definition, keep the limits beyond which Excel offers a repair.
//  2. openpyxl, calamine, ExcelJS and SheetJS open each of them.
func TestWorkbooksKeepTheLimits(t *testing.T) {
	dir := must.Get(published())(t)
	books := must.Get(filepath.Glob("../templates/*/*.xlsx"))(t)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".xlsx" && !strings.HasPrefix(filepath.Base(path), "~") {
			books = append(books, path)
		}
		return err
	})
	if err != nil || len(books) < 6 {
		t.Fatalf("%d workbooks: %v", len(books), err)
	}
	for name, command := range map[string][]string{
		"limits": {"python3", "../.ci/limits.py"}, "openpyxl and calamine": {"python3", "../.ci/opens.py"}, "ExcelJS and SheetJS": {"node", "../.ci/opens.js"}} {
		t.Run(name, func(t *testing.T) {
			switch name {
			case "limits":
				programs.NeedPython(t, "lxml")
			case "openpyxl and calamine":
				programs.NeedPython(t, "openpyxl", "python_calamine")
			default:
				programs.NeedNode(t, "exceljs", "xlsx")
			}
			if out, err := exec.Command(command[0], append(command[1:], books...)...).CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
