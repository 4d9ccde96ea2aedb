package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"lianheti/pipeline"
	"lianheti/pipeline/publish"
	"lianheti/samples/must"
	"lianheti/samples/programs"
	"lianheti/stages/model"
	"lianheti/stages/review"
	"lianheti/stages/table"
	"lianheti/stages/workers"
	"lianheti/templates"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/urfave/cli/v2"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"lianheti": main})
}

// TestScripts runs the command as a person would. $SAMPLES holds the sample workbooks. What stands behind [ci] runs there only: the same
// again, at the price of seconds.
func TestScripts(t *testing.T) {
	samples := must.Get(filepath.Abs("../../../samples/2024"))(t)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("SAMPLES", samples)
			return nil
		},
		Condition: func(name string) (bool, error) {
			if name != "ci" {
				return false, fmt.Errorf("no condition %s", name)
			}
			return programs.InCI(), nil
		},
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
	})
}

// Requirements
//  1. Whatever panics, the program ends with exit 3 and our words, and shows nobody's number.
func TestPanicIsOurFailure(t *testing.T) {
	var stderr bytes.Buffer
	code := Main([]string{"lianheti", "dictionary"}, panicking{}, &stderr)
	if said := stderr.String(); code != exitFailed || !strings.HasPrefix(said, "未能完成：程序出错") || strings.Contains(said, "13900001111") || !strings.Contains(said, "panicking.Write") {
		t.Errorf("exit %d: %s", code, said)
	}
}

// panicking raises a panic in a goroutine of ours.
type panicking struct{}

func (panicking) Write([]byte) (int, error) {
	return 0, workers.All(func() error { panic("坏了，13900001111") })
}

// TestNotes: what the officer should know is said, each with what it is about, and nobody's phone.
func TestNotes(t *testing.T) {
	d := must.Get(templates.Load(2024))(t)
	const phone = "13800138000"
	place := model.Place{Sheet: "材料收讫", Cell: "A4"}
	r := runReport{&pipeline.Result{
		Round: &table.Round{
			Facts: &table.Facts{Definition: d, Pieces: table.Of([]table.Piece{
				{File: "厦门/丙.docx", Result: table.PieceAlone}, {File: "厦门/丁.docx", Result: table.PieceSame}})},
			Judgement: &table.Judgement{Register: table.Register{
				{Key: "name:某", Values: map[string]string{templates.RegisterConsortium: "某" + phone}, Sheet: d.Register().Sheets[0], Place: place},
				{Key: "name:别", Values: map[string]string{templates.RegisterMemberOf: "别处"}, Sheet: d.Register().Sheets[0], Place: place}}},
			Ranking: &table.Ranking{}, Marking: table.Marking{Earlier: []string{"E1", "E2"}},
		},
		Manifest: &publish.Manifest{Opinions: &publish.Source{Name: "意见.json"}},
		Opinions: &review.Opinions{Opinions: []review.Opinion{{Submission: "2024-99", Consortium: "走了的"}}},
	}}
	var b bytes.Buffer
	must.Do(t, printMessage(&b, "kept", r))
	want := []string{"没有写 --date", "登记表 材料收讫!A4：“某", "“别处”里有的名称", "已报、待转录：厦门/丙.docx 没有工作簿", "2份评分表是照改之前的发的（E1、E2）", "会审意见 意见.json：2024-99“走了的”"}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != len(want) {
		t.Fatalf("%d lines:\n%s", len(lines), b.String())
	}
	for i, words := range want {
		if !strings.Contains(lines[i], words) || strings.Contains(lines[i], phone) {
			t.Errorf("%q lacks %q, or tells a phone", lines[i], words)
		}
	}
	r.Manifest.Date = "2024-09-01"
	if b.Reset(); printMessage(&b, "kept", r) != nil || strings.Contains(b.String(), "没有写 --date") {
		t.Error(b.String())
	}
}

// TestNoticeNamesRealCommands: what the notice's sentences are said to be answered by exists on the command line.
func TestNoticeNamesRealCommands(t *testing.T) {
	app := newApp(io.Discard, io.Discard)
	for _, year := range templates.Years() {
		d := must.Get(templates.LoadDir(filepath.Join("..", "..", "..", "templates"), year))(t)
		if d.Notice == nil {
			continue // not issued yet
		}
		for _, p := range d.Notice.Parts {
			for _, item := range p.Items {
				for _, line := range item.Commands {
					words := strings.Fields(line)
					command := app.Command(words[0])
					for _, word := range words[1:] {
						if command != nil && !slices.ContainsFunc(command.Flags, func(f cli.Flag) bool { return slices.Contains(f.Names(), strings.TrimPrefix(word, "--")) }) {
							t.Errorf("%s: %s has no %s", p.Cite, words[0], word)
						}
					}
					if command == nil {
						t.Errorf("%s: no command %s", p.Cite, words[0])
					}
				}
			}
		}
	}
}

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
		must.Do(t, os.Mkdir(to, 0o755))
		for _, name := range texts {
			data := must.Get(os.ReadFile(name))(t)
			text := string(data)
			for year := 2026; shift > 0 && year >= 2022; year-- {
				text = strings.ReplaceAll(text, strconv.Itoa(year), strconv.Itoa(year+1))
			}
			must.Do(t, os.WriteFile(filepath.Join(to, filepath.Base(name)), []byte(text), 0o644))
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
	if code, said := run("check", old[0], made[0]); code != exitUsage || !strings.Contains(said, "2024年1份") || !strings.Contains(said, "2025年1份") {
		t.Errorf("two years: exit %d: %s", code, said)
	}
	if _, said := run("check", old[0], made[0], "--year", "2024"); !strings.Contains(said, "2024年批次") || !strings.Contains(said, "2025 年的模板") {
		t.Errorf("--year settles it: %s", said)
	}
}

// Experts who gave the same marks throughout are named; those who differ in one are not.
func TestSameMarksAreNoticed(t *testing.T) {
	var marks []table.Mark
	for i, expert := range []string{"E1", "E2", "E3"} {
		for _, point := range []string{"1.2", "1.3"} {
			marks = append(marks, table.Mark{Expert: expert, Submission: "2024-01", Point: point, Kind: table.MarkPoint, Value: table.Some(80 + float64(i/2*len(point[2:])))})
		}
	}
	r := runReport{&pipeline.Result{Round: &table.Round{Marking: table.Marking{Marks: table.Of(marks)}}}}
	if got := fmt.Sprint(r.Copies()); got != "[[E1 E2]]" {
		t.Errorf("the same marks: %s", got)
	}
}
