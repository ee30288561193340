package journal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"jembatan/failover/lease"
)

// A ReportInfo is what is known of a report without its body.
type ReportInfo struct {
	ID    string    `json:"id"`
	At    time.Time `json:"at"` // when it was put here
	Epoch uint64    `json:"epoch"`
	Size  int       `json:"size"` // bytes
	Sum   string    `json:"sum"`  // SHA-256 of the body, in hexadecimal
}

// PutReport keeps a report, on the same conditions as Save. Putting the same one
// again does nothing; another body under the ID of one that is there is
// ErrDuplicate. Of each service KeepReports are kept.
func (j *Journal) PutReport(ctx context.Context, t *lease.Term, service, id string, body []byte) error {
	if err := errors.Join(checkName("service", service), checkName("report", id)); err != nil {
		return err
	}
	if err := j.putReport(ctx, t, service, id, body); err != nil {
		return fmt.Errorf("put report %s of %s: %w", id, service, err)
	}
	return nil
}

func (j *Journal) putReport(ctx context.Context, t *lease.Term, service, id string, body []byte) error {
	if len(body) > MaxReport {
		return fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, len(body), MaxReport)
	}
	info := ReportInfo{ID: id, At: time.Now().UTC(), Epoch: t.Epoch(), Size: len(body), Sum: sumOf(body)}
	text, err := json.Marshal(info)
	if err != nil {
		return err
	}
	ops := []clientv3.Op{
		clientv3.OpPut(j.infoKey(service, id), string(text)),
		clientv3.OpPut(j.reportKey(service, id), string(body)),
	}
	for _, old := range j.oldReports(ctx, service) {
		if old != id {
			ops = append(ops, clientv3.OpDelete(j.infoKey(service, old)), clientv3.OpDelete(j.reportKey(service, old)))
		}
	}
	isNew := clientv3.Compare(clientv3.CreateRevision(j.infoKey(service, id)), "=", 0)
	applied, _, err := t.Commit(ctx, []clientv3.Cmp{isNew}, ops...)
	if err != nil || applied {
		return err
	}
	there, err := j.info(ctx, service, id)
	if err == nil && there.Sum != info.Sum {
		return ErrDuplicate
	}
	return err
}

// oldReports names some of those that are too many once there is one more.
func (j *Journal) oldReports(ctx context.Context, service string) []string {
	infos, _ := j.Reports(ctx, service) // one that is damaged is not dropped
	return idsOf(infos[:min(max(0, len(infos)+1-KeepReports), pruneEvery)])
}

func idsOf(infos []ReportInfo) []string {
	out := make([]string, len(infos))
	for i := range infos {
		out[i] = infos[i].ID
	}
	return out
}

// Reports returns what reports there are, the oldest first. If some are damaged
// it returns the others, and an error that wraps a *DamagedError for each.
func (j *Journal) Reports(ctx context.Context, service string) ([]ReportInfo, error) {
	if err := checkName("service", service); err != nil {
		return nil, err
	}
	found, err := j.kv.Get(ctx, j.infoKey(service, ""), clientv3.WithPrefix(),
		clientv3.WithSort(clientv3.SortByCreateRevision, clientv3.SortAscend))
	if err != nil {
		return nil, fmt.Errorf("list reports of %s: %w", service, err)
	}
	var out []ReportInfo
	var damaged []error
	for _, kv := range found.Kvs {
		info, err := j.decodeInfo(service, kv.Key, kv.Value)
		if err != nil {
			damaged = append(damaged, err)
			continue
		}
		out = append(out, info)
	}
	if err := errors.Join(damaged...); err != nil {
		return out, fmt.Errorf("list reports of %s: %w", service, err)
	}
	return out, nil
}

// Report returns a report's body; ErrNotFound if there is none.
func (j *Journal) Report(ctx context.Context, service, id string) ([]byte, error) {
	body, err := j.report(ctx, service, id)
	if err != nil {
		return nil, fmt.Errorf("read report %s of %s: %w", id, service, err)
	}
	return body, nil
}

func (j *Journal) report(ctx context.Context, service, id string) ([]byte, error) {
	info, err := j.info(ctx, service, id)
	if err != nil {
		return nil, err
	}
	found, err := j.kv.Get(ctx, j.reportKey(service, id))
	if err != nil {
		return nil, err
	}
	if len(found.Kvs) == 0 || sumOf(found.Kvs[0].Value) != info.Sum {
		return nil, &DamagedError{Key: j.reportKey(service, id), Why: "it is not what was put there"}
	}
	return found.Kvs[0].Value, nil
}

func (j *Journal) info(ctx context.Context, service, id string) (ReportInfo, error) {
	found, err := j.kv.Get(ctx, j.infoKey(service, id))
	if err != nil {
		return ReportInfo{}, err
	}
	if len(found.Kvs) == 0 {
		return ReportInfo{}, ErrNotFound
	}
	return j.decodeInfo(service, found.Kvs[0].Key, found.Kvs[0].Value)
}

func (j *Journal) decodeInfo(service string, key, value []byte) (ReportInfo, error) {
	var info ReportInfo
	if err := strict(value, &info); err != nil {
		return info, &DamagedError{Key: string(key), Why: err.Error()}
	}
	if j.infoKey(service, info.ID) != string(key) {
		return info, &DamagedError{Key: string(key), Why: fmt.Sprintf("it is of report %q", info.ID)}
	}
	return info, nil
}

func sumOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

func (j *Journal) infoKey(service, id string) string {
	return j.serviceKey(service) + "/reports/" + url.PathEscape(id)
}

func (j *Journal) reportKey(service, id string) string {
	return j.serviceKey(service) + "/bodies/" + url.PathEscape(id)
}
