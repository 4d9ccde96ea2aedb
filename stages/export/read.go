package export

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Read gives the tables that Write put into dir, by name. Nothing but the sha256 of a run's manifest tells a changed byte: the
// caller has verified the folder.
func Read(mem memory.Allocator, dir string) (map[string]arrow.Record, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.arrow"))
	if err != nil {
		return nil, err
	}
	out := map[string]arrow.Record{}
	for _, path := range paths {
		rec, err := readArrow(mem, path)
		if err != nil {
			return nil, fmt.Errorf("无法读取数据表 %s：%w", filepath.Base(path), err)
		}
		out[strings.TrimSuffix(filepath.Base(path), ".arrow")] = rec
	}
	return out, nil
}

// readArrow reads one IPC file as one record.
func readArrow(mem memory.Allocator, path string) (rec arrow.Record, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	r, err := ipc.NewFileReader(f, ipc.WithAllocator(mem))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	columns := make([][]arrow.Array, r.Schema().NumFields())
	rows := int64(0)
	for i := range r.NumRecords() {
		batch, err := r.RecordAt(i)
		if err != nil {
			return nil, err
		}
		defer batch.Release()
		for c, column := range batch.Columns() {
			columns[c] = append(columns[c], column)
		}
		rows += batch.NumRows()
	}
	whole := make([]arrow.Array, len(columns))
	for c, parts := range columns {
		if len(parts) == 0 {
			whole[c] = array.MakeArrayOfNull(mem, r.Schema().Field(c).Type, 0)
		} else if whole[c], err = array.Concatenate(parts, mem); err != nil {
			return nil, err
		}
		defer whole[c].Release()
	}
	return array.NewRecord(r.Schema(), whole, rows), nil
}

// Package is what Verify learned of a data folder.
type Package struct {
	Batch      int
	Definition map[string]string // file: sha256, of the definition that the tables were made with
}

// Verify hashes every file that the data package of dir names, and gives what the package says of their making and its own
// sha256. An error names the first file that is missing, is not listed, or is not what was written.
func Verify(dir string) (*Package, string, error) {
	data, err := os.ReadFile(filepath.Join(dir, PackageName))
	if err != nil {
		return nil, "", fmt.Errorf("没有可读的 %s，不是一次运行的 data 文件夹：%w", PackageName, err)
	}
	var p dataPackage
	if err := json.Unmarshal(data, &p); err != nil {
		return nil, "", fmt.Errorf("%s 已损坏：%w", PackageName, err)
	}
	listed := map[string]bool{}
	for _, r := range p.Resources {
		listed[r.Path] = true
		if !filepath.IsLocal(filepath.FromSlash(r.Path)) {
			return nil, "", fmt.Errorf("%s 里的路径 %s 不在这个文件夹里", PackageName, r.Path)
		}
		content, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(r.Path)))
		if err != nil {
			return nil, "", fmt.Errorf("缺 %s：%w", r.Path, err)
		}
		if sum := sha256.Sum256(content); "sha256:"+hex.EncodeToString(sum[:]) != r.Hash {
			return nil, "", fmt.Errorf("%s 不是公布时的样子，请改用没有动过的数据表", r.Path)
		}
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*.arrow"))
	if err != nil {
		return nil, "", err
	}
	for _, path := range paths {
		if !listed[filepath.Base(path)] {
			return nil, "", fmt.Errorf("%s 不在 %s 里，请移走", filepath.Base(path), PackageName)
		}
	}
	sum := sha256.Sum256(data)
	return &Package{Batch: p.Batch, Definition: p.Definition}, hex.EncodeToString(sum[:]), nil
}
