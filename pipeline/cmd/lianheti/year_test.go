package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Requirements
//  1. Without --year the workbooks decide which definition is taken, not which is the newest.
//  2. Workbooks of several years are wrong usage, which names them; --year settles it.
//  3. Where no workbook tells a year, it is the newest.
func TestTheWorkbooksDecideTheYear(t *testing.T) {
	dir := t.TempDir()
	texts, err := filepath.Glob("../../../templates/2024/*.yaml")
	if err != nil || len(texts) == 0 {
		t.Fatal(err)
	}
	for _, shift := range []int{0, 1} {
		to := filepath.Join(dir, strconv.Itoa(2024+shift))
		if err := os.Mkdir(to, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, name := range texts {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			text := string(data)
			for year := 2026; shift > 0 && year >= 2022; year-- {
				text = strings.ReplaceAll(text, strconv.Itoa(year), strconv.Itoa(year+1))
			}
			if err := os.WriteFile(filepath.Join(to, filepath.Base(name)), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	run := func(args ...string) (int, string) {
		var out bytes.Buffer
		code := Main(append([]string{"lianheti"}, append(args, "--definition", dir)...), &out, &out)
		return code, out.String()
	}
	blank := t.TempDir()
	if code, said := run("template", "--out", blank); code != 0 {
		t.Fatal(code, said)
	}
	old, err := filepath.Glob("../../../samples/2024/福州/*.xlsx")
	made, _ := filepath.Glob(filepath.Join(blank, "*.xlsx"))
	if err != nil || len(old) == 0 || len(made) == 0 || !strings.Contains(filepath.Base(made[0]), "2025") {
		t.Fatal(old, made)
	}
	for want, inputs := range map[string][]string{"2024年批次": old[:1], "2025年批次": made[:1]} {
		if _, said := run(append([]string{"check"}, inputs...)...); !strings.Contains(said, want) {
			t.Errorf("%s: not %s: %s", inputs, want, said)
		}
	}
	if code, said := run("check", old[0], made[0]); code != exitUsage || !strings.Contains(said, "2024、2025") {
		t.Errorf("two years: exit %d: %s", code, said)
	}
	if _, said := run("check", old[0], made[0], "--year", "2024"); !strings.Contains(said, "2024年批次") || !strings.Contains(said, "2025 年的模板") {
		t.Errorf("--year settles it: %s", said)
	}
}
