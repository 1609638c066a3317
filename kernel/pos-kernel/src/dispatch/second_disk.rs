//! The day the disk fails: sales for cash go on, and everything that needs the disk is refused by name.

use super::{Kernel, News};
use pos_api::Command;
use pos_domain::Refusal;

impl Kernel {
    /// Refuses what cannot be kept on the second disk, or asks for what only the first one knows.
    pub(super) fn check_disk(&self, command: &Command) -> Result<(), Refusal> {
        match self.store.is_on_second_disk() && !does_without(command) {
            true => Err(Refusal::OnSecondDisk),
            false => Ok(()),
        }
    }

    /// Says once that the disk has failed.
    pub(super) fn tell_of_second_disk(&mut self) {
        if !self.told_of_second_disk && self.store.is_on_second_disk() {
            self.told_of_second_disk = true;
            (self.news)(News::Disk(Refusal::OnSecondDisk.to_string(), Refusal::OnSecondDisk.next()));
        }
    }
}

/// What a sale for cash needs, and what is only looked at. What is more than that waits: a new command does, too.
fn does_without(command: &Command) -> bool {
    match command {
        Command::OpenBasket { reference } => reference.is_none(),
        Command::SetCustomer { customer, .. } => customer.is_none(),
        Command::SellItem { .. }
        | Command::SetQuantity { .. }
        | Command::VoidLine { .. }
        | Command::Undo { .. }
        | Command::PriceLines { .. }
        | Command::DiscountLine { .. }
        | Command::SetPrice { .. }
        | Command::DiscountBasket { .. }
        | Command::TakeGift { .. }
        | Command::RemoveCode { .. }
        | Command::TenderCash { .. }
        | Command::RemoveTender { .. }
        | Command::Complete { .. }
        | Command::Cancel { .. }
        | Command::RecallBasket { .. }
        | Command::ListPeople
        | Command::GetBasket { .. }
        | Command::FindItems { .. }
        | Command::ListBaskets => true,
        _ => false,
    }
}
