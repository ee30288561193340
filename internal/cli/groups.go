package cli

import "github.com/spf13/cobra"

// addGroups adds all commands under the headings of the help.
func addGroups(root *cobra.Command, g *globals) {
	services := []*cobra.Command{
		newServe(g), newSwitchover(g), newFailback(g), newForce(g), newHistory(g), newDrill(g), newAlertTest(g), newGuardian(g), newBootRole(g),
	}
	for _, w := range wishes() {
		services = append(services, newWish(g, w))
	}
	for _, group := range []struct {
		id, title string
		commands  []*cobra.Command
	}{
		{"tunnels", "Tunnels and routers:", []*cobra.Command{
			newValidate(g), newPlan(g), newApply(g), newConfirm(g), newRecover(g), newDestroy(g), newStatus(g), newImport(g), newAudit(g),
			newBootstrap(g), newDoctor(g),
		}},
		{"services", "Services and failover:", services},
		{"try", "Without a router:", []*cobra.Command{newEmulate(g), newLab(g), newDemo(g)}},
		{"about", "About:", []*cobra.Command{newSchema(g), newVersion(g)}},
	} {
		root.AddGroup(&cobra.Group{ID: group.id, Title: group.title})
		for _, c := range group.commands {
			c.GroupID = group.id
			root.AddCommand(c)
		}
	}
	root.SetHelpCommandGroupID("about")
	root.SetCompletionCommandGroupID("about")
}
