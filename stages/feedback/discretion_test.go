package feedback

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	fillers "lianheti/samples"
	"lianheti/samples/must"
	"lianheti/stages/table"
	"lianheti/templates"
)

// Requirements
//  1. Not one byte of a prefecture's pack, whatever kind of file and however packed, says anything of another prefecture's
//     submissions, nor a score; of the prefecture's own others it does.
//  2. So it is with the round before, too.

// everything gives all that a folder says: names of files, their bytes, and the parts of packages unpacked.
func everything(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		all.WriteString(filepath.Base(path) + "\n")
		data := read(t, path)
		all.Write(data)
		zr, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return err
		}
		for _, f := range zr.File {
			r, err := f.Open()
			if err != nil {
				return err
			}
			part, err := io.ReadAll(r)
			if err != nil {
				return err
			}
			all.WriteString(f.Name + "\n" + string(part) + "\n")
		}
		return nil
	})
	if err != nil || all.Len() == 0 {
		t.Fatalf("%s: %v", dir, err)
	}
	return all.String()
}

func TestNotOneByteOfOthers(t *testing.T) {
	d := must.Get(templates.Load(2024))(t)
	in := t.TempDir()
	// Three consortia with the same members and the same texts, one of them of another prefecture.
	for _, planted := range []struct{ name, city, consortium, park, school string }{
		{"a.xlsx", "", "", "", ""},
		{"b.xlsx", "福州", "本市丁产业产教联合体", "本市园区", "本市学院"},
		{"绝密文件名.xlsx", "泉州", "绝密甲产业产教联合体", "绝密乙园区", "绝密丙学院"},
	} {
		fixtures, _, err := fillers.Load(os.DirFS("../../samples/fixtures/2024"))
		if err != nil {
			t.Fatal(err)
		}
		f := fixtures[0]
		if planted.city != "" {
			f.Values["city"], f.Values["consortium"], f.Values["park"], f.Values["lead_school"] = planted.city, planted.consortium, planted.park, planted.school
			f.Lists["members"] = append(f.Lists["members"], map[string]any{"kind": "企业", "name": planted.school + "附属企业"})
		}
		f.Values["staff_full_time"] = 5 // so that each goes back, as an annotated copy
		data := must.Get(f.Workbook(d))(t)
		must.Do(t, os.WriteFile(filepath.Join(in, planted.name), data, 0o644))
	}
	w := judge(t, in)
	number := func(v float64) table.Opt[float64] { return table.Some(v) }
	changes := []table.Change{
		{Submission: "2024-01", City: "福州", Kind: table.FindingClosed, Code: "LHT-5-001", Label: "同一企业在几个联合体中", Before: "“样例公司”同时是绝密甲产业产教联合体的成员企业。"},
		{Submission: "2024-01", City: "福州", Kind: table.TotalChanged, Label: "定量部分得分", Before: "88.88", After: "77.77", BeforeNumber: number(88.88), AfterNumber: number(77.77)},
		{Submission: "2024-01", City: "福州", Kind: table.RankChanged, Label: "名次", Before: "第88名", After: "第77名"},
		{Submission: "2024-01", City: "福州", Kind: table.ValueChanged, Label: "2023年共建课程", Before: "3", After: "4"},
		{Submission: "2024-99", City: "泉州", Kind: table.SubmissionWithdrawn, Consortium: "绝密戊联合体", Label: "本轮没有"},
	}
	w.in.Changes = table.Of(changes)
	dir := t.TempDir()
	if _, err := Write(filepath.Join(dir, Folder), w.in, w.open); err != nil {
		t.Fatal(err)
	}
	fuzhou := everything(t, filepath.Join(dir, Folder, "福州"))
	for _, secret := range []string{"绝密", "88.88", "77.77", "第88名", "第77名"} {
		if i := strings.Index(fuzhou, secret); i >= 0 {
			t.Errorf("福州 is told %s: …%s…", secret, fuzhou[max(0, i-200):min(len(fuzhou), i+200)])
		}
	}
	for _, told := range []string{otherSubmission, "本市丁产业产教联合体", "LHT-5-001", "2023年共建课程", "同一企业在几个联合体中"} {
		if !strings.Contains(fuzhou, told) {
			t.Errorf("福州 is not told %s", told)
		}
	}
	quanzhou := everything(t, filepath.Join(dir, Folder, "泉州"))
	for _, told := range []string{"绝密甲产业产教联合体", "绝密戊联合体", otherSubmission} {
		if !strings.Contains(quanzhou, told) {
			t.Errorf("泉州 is not told %s of its own", told)
		}
	}
	if strings.Contains(quanzhou, "本市") && strings.Contains(strings.ReplaceAll(quanzhou, "本市教育行政部门", ""), "本市丁") {
		t.Error("泉州 is told of 福州's")
	}
}
