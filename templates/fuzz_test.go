package templates

// Requirements
//  1. Whatever is changed in a definition, loading it ends in a definition that can be laid out, each input on a cell of its own, or in problems
//     that name their file.

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func FuzzDefinition(f *testing.F) {
	names, err := fs.Glob(shipped, "2024/*.yaml")
	if err != nil || len(names) == 0 {
		f.Fatal(err)
	}
	files := fstest.MapFS{}
	for _, name := range names {
		data, err := fs.ReadFile(shipped, name)
		if err != nil {
			f.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: data}
	}
	for i, name := range names {
		if base := path.Base(name); base == "form.yaml" || base == "rules.yaml" || base == "rubric.yaml" { // a definition takes a while to load
			f.Add(uint8(i), uint32(len(files[name].Data)/2), uint16(9), "x: [")
		}
	}
	f.Add(uint8(0), uint32(0), uint16(0), "a: &a [*a, *a]\n")
	f.Fuzz(func(t *testing.T, which uint8, at uint32, cut uint16, text string) {
		name := names[int(which)%len(names)]
		data := files[name].Data
		from := int(at) % len(data)
		to := min(len(data), from+int(cut)%200)
		changed := fstest.MapFS{name: &fstest.MapFile{Data: slices.Concat(data[:from], []byte(text), data[to:])}}
		for _, other := range names {
			if other != name {
				changed[other] = files[other]
			}
		}
		d, err := LoadFS(changed, 2024)
		if err != nil {
			var p *Problem
			if !errors.As(err, &p) || !strings.HasPrefix(p.File, "templates/2024/") || p.What == "" {
				t.Errorf("%s: %v", path.Base(name), err)
			}
			return
		}
		taken := map[string]string{}
		for _, sheet := range d.Layout().Sheets {
			for _, slot := range sheet.Slots {
				cell := strings.Join([]string{sheet.Sheet.Title, string(rune(slot.Row)), string(rune(slot.Col))}, "\x00")
				if other, twice := taken[cell]; twice {
					t.Errorf("%s and %s stand on one cell of %s", other, slot.Field.ID, sheet.Sheet.Title)
				}
				taken[cell] = slot.Field.ID
			}
		}
		for _, rule := range d.Rules {
			if d.Rule(rule.Code) != rule {
				t.Errorf("rule %s is not found by its code", rule.Code)
			}
		}
	})
}
