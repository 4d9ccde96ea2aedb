package main

import (
	"bytes"
	"strings"
	"testing"

	"lianheti/pipeline"
	"lianheti/pipeline/publish"
	"lianheti/stages/model"
	"lianheti/stages/review"
	"lianheti/stages/table"
	"lianheti/templates"
)

// TestNotes: what the officer should know is said, each with what it is about, and nobody's phone.
func TestNotes(t *testing.T) {
	d, err := templates.Load(2024)
	if err != nil {
		t.Fatal(err)
	}
	const phone = "13800138000"
	place := model.Place{Sheet: "材料收讫", Cell: "A4"}
	r := outcome{&pipeline.Result{
		Round: &table.Round{
			Facts: &table.Facts{Definition: d, Pieces: table.Of([]table.Piece{
				{File: "厦门/丙.docx", Result: table.PieceAlone}, {File: "厦门/丁.docx", Result: table.PieceSame}})},
			Judgement: &table.Judgement{Register: table.Register{
				{Key: "name:某", Values: map[string]string{templates.RegisterConsortium: "某" + phone}, Sheet: d.Register.Sheets[0], Place: place},
				{Key: "name:别", Values: map[string]string{templates.RegisterMemberOf: "别处"}, Sheet: d.Register.Sheets[0], Place: place}}},
			Ranking: &table.Ranking{}, Marking: table.Marking{Earlier: []string{"E1", "E2"}},
		},
		Manifest: &publish.Manifest{Opinions: &publish.Source{Name: "意见.json"}},
		Opinions: &review.Opinions{Opinions: []review.Opinion{{Submission: "2024-99", Consortium: "走了的"}}},
	}}
	var b bytes.Buffer
	if err := say(&b, "kept", r); err != nil {
		t.Fatal(err)
	}
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
	if b.Reset(); say(&b, "kept", r) != nil || strings.Contains(b.String(), "没有写 --date") {
		t.Error(b.String())
	}
}
