//! The program as a stranger meets it. (This test also makes `cargo test --workspace` build `pos` for the suite.)
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops, and says where")]

use std::process::Command;

fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_pos")).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn help_names_the_commands_and_a_wrong_call_is_status_2() {
    let (status, help, _) = run(&["--help"]);
    assert_eq!(status, Some(0));
    for command in ["demo", "register", "init", "sell", "kernel", "catalog", "journal", "plugin", "replay-baskets"] {
        assert!(help.contains(command), "{command} is not in the help:\n{help}");
    }
    assert_eq!(run(&["fly"]).0, Some(2));
    assert_eq!(run(&[]).0, Some(2));
}

#[test]
fn a_folder_without_a_shop_is_named_with_what_to_do() {
    let (status, _, errors) = run(&["journal", "verify", "--data", "no-such-folder"]);
    assert_eq!(status, Some(1));
    assert!(errors.contains("no-such-folder") && errors.contains("pos init"), "{errors}");
}
