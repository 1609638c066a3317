//! Places, the store, and who levies together there.

use super::{Found, overlap};
use crate::index::EXEMPT_SUFFIX;
use crate::places::{Address, Places};
use crate::settings::{Home, Listed, Sourcing};
use crate::tax::{Part, Tax};
use std::collections::{BTreeMap, BTreeSet};

impl Found<'_> {
    /// Checks the places, and answers the stacks in use: indices of jurisdictions, each stack once, with its place.
    pub(super) fn in_places(&mut self) -> Vec<(String, Vec<usize>)> {
        let settings = self.settings;
        let nowhere = Home::default();
        let home = settings.home.as_ref().unwrap_or(&nowhere);
        let address = Address::of_home(home);
        let mut stacks = Vec::new();
        let mut places = Places::default();
        for (index, place) in settings.places.iter().enumerate() {
            let name = format!("places[{index}]");
            if let Some(other) = places.insert(index, place, &address).err() {
                self.wrong(&name, format!("is the same place as places[{other}]"), "join their stacks, or delete one");
            }
            if let Some(country) = &place.country {
                self.in_country(&format!("{name}.country"), country);
            }
            let within = place.region.is_some() || place.city.is_some() || !place.postal_codes.is_empty();
            if place.country.is_none() && (within || place.home_region) {
                self.wrong(&name, "is in no country", "add the country");
            }
            if place.city.is_some() && !place.postal_codes.is_empty() {
                self.wrong(&name, "has both a city and postal codes", "write two places");
            }
            if place.region.is_some() && place.home_region {
                self.wrong(&name, "has both a region and home_region", "leave out one of them");
            }
            if place.home_region && home.region.is_empty() && settings.home.is_some() {
                self.wrong("home.region", format!("is empty, but {name} needs it"), "say in which region the store is");
            }
            if place.postal_codes.iter().any(|code| !code.chars().any(|letter| letter.is_ascii_alphanumeric())) {
                self.wrong(format!("{name}.postal_codes"), "has an empty one", "leave out postal_codes to mean all");
            }
            stacks.extend(self.stack(&format!("{name}.stack"), &place.stack));
        }
        if !home.country.is_empty() {
            self.in_country("home.country", &home.country);
        }
        if !home.stack.is_empty() {
            stacks.extend(self.stack("home.stack", &home.stack));
        } else if settings.home.is_some() && !settings.places.is_empty() && places.find(&address).is_none() {
            self.wrong("home", format!("no place covers {address}"), "add it to \"places\", or give home a stack");
        }
        if settings.sourcing != Sourcing::Origin && settings.places.is_empty() {
            self.wrong("sourcing", "there are no places to look a destination up in", "add \"places\"");
        }
        if settings.sourcing == Sourcing::OriginInRegion && home.region.is_empty() {
            self.wrong("home.region", "is empty, but sourcing needs it", "say in which region the store is");
        }
        if !settings.classes.is_empty() {
            stacks.push((String::new(), vec![0]));
        }
        let mut seen = BTreeSet::new();
        stacks.retain(|(_, stack)| seen.insert(stack.clone()));
        stacks
    }

    fn stack(&mut self, place: &str, names: &[String]) -> Option<(String, Vec<usize>)> {
        let mut stack = Vec::new();
        for name in names {
            match self.numbers.get(name.as_str()).copied() {
                None => {
                    let what_to_do = "add it to \"jurisdictions\", or correct the name";
                    self.wrong(place, format!("there is no jurisdiction \"{name}\""), what_to_do);
                }
                Some(index) if stack.contains(&index) => {
                    self.wrong(place, format!("\"{name}\" stands there twice"), "delete one");
                }
                Some(index) => stack.push(index),
            }
        }
        if names.is_empty() {
            self.wrong(place, "is empty", "name who levies there; for untaxed exports a jurisdiction with rate \"0\"");
        }
        Some((place.to_owned(), stack))
    }

    /// Who levies together: each must know the classes of the others, and no code may mean two things.
    pub(super) fn in_stacks(&mut self, stacks: &[(String, Vec<usize>)]) {
        let exempts = !self.settings.exemptions.is_empty()
            || self.listed.iter().flat_map(Listed::taxes).any(|(_, _, tax)| matches!(tax.part(), Some(Part::From(_))));
        let mut reported = BTreeSet::new();
        for (_, stack) in stacks {
            let members: Vec<Listed<'_>> = stack.iter().map(|index| self.listed[*index].clone()).collect();
            for member in members.iter().filter(|member| member.otherwise.is_none()) {
                let of_others =
                    members.iter().flat_map(|other| other.classes.keys().map(move |class| (class, other.id)));
                for (class, other) in of_others.filter(|(class, _)| !member.classes.contains_key(*class)) {
                    let place = format!("{}classes", member.place);
                    if reported.insert((place.clone(), class.clone())) {
                        let what = format!("has no class \"{class}\", which {other} in the same stack has");
                        self.wrong(
                            place,
                            what,
                            "list it ([] levies nothing), or say with \"otherwise\" as what it counts",
                        );
                    }
                }
            }
            let mut by_code: BTreeMap<&str, Vec<(usize, String, &Tax)>> = BTreeMap::new();
            for (index, member) in members.iter().enumerate() {
                for (_, place, tax) in member.taxes() {
                    by_code.entry(&tax.code).or_default().push((index, place, tax));
                }
            }
            for (code, taxes) in &by_code {
                for (position, (member, place, tax)) in taxes.iter().enumerate() {
                    let elsewhere = taxes[..position].iter().find(|(other_member, _, other)| {
                        other_member != member
                            && overlap(tax, other)
                            && !self.mean_the_same((&members[*member], tax), (&members[*other_member], other))
                    });
                    if let Some((_, other_place, _)) = elsewhere
                        && reported.insert((place.clone(), (*code).to_owned()))
                    {
                        let what = format!("code \"{code}\" means something else in {other_place} of the same stack");
                        self.wrong(place, what, "give one of them another code");
                    }
                }
                let derived = format!("{code}{EXEMPT_SUFFIX}");
                if exempts
                    && let Some((_, place, _)) = by_code.get(derived.as_str()).and_then(|taxes| taxes.first())
                    && reported.insert((place.clone(), derived.clone()))
                {
                    let what = format!("code \"{derived}\" is what exempt sales of \"{code}\" are reported as");
                    self.wrong(place, what, "give it another code");
                }
            }
        }
    }
}
